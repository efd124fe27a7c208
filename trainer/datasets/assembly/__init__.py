"""Raw rows into the four tables: read once, kept on disk by user, ordered, split and written a part at a time."""
