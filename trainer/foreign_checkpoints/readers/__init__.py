"""A reader of each library: its files to a `ForeignModel`."""
