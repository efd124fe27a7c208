"""Public data of any size into the four tables: read once, kept on disk by user, written a part at a time."""
