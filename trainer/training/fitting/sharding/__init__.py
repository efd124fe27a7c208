"""Embedding tables of which each process of a run holds some rows."""
