"""Where the lens asks for more, and the key that the pages of this server give it."""

from __future__ import annotations

from secrets import token_urlsafe

PATH = "_din/lens"
"""Below the page's own path."""
HEADER = "din-lens-key"
KEY = token_urlsafe(16)
"""Who cannot open the pages is told nothing there either."""
