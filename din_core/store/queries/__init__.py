"""Reads that are more than one row of one table."""
