"""One explanation method a file; each returns an Explanation."""

from din_core.explain.activation import activation_weights

__all__ = ["activation_weights"]
