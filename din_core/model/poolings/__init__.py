"""Poolings of behaviors beside DIN's own, a file each."""
