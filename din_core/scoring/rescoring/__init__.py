"""Exact rescoring of changed histories: what each kind of model does with counts, and what explains sees of it."""
