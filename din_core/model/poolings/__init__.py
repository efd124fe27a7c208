"""Poolings of later members of the family, a file each."""
