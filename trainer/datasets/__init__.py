"""Where tables come from: one folder a source, and the four tables as data frames."""
