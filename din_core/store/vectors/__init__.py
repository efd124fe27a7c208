"""Pretrained vectors of items: how they are read from tables, and the table that keeps them."""
