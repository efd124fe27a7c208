"""From the four tables into a store."""
