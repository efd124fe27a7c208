"""A search of what a recipe leaves open, within a given time (`--tune`)."""
