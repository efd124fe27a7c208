"""Everything by name, on every page: pages, users, items, models and what can be done."""
