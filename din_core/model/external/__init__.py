"""Models that are not this project's own: a module of an installed package, or one that a server scores with."""
