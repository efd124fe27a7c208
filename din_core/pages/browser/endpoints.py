"""Where components of the pages ask for more, and the key that the pages of this server give them."""

from __future__ import annotations

from secrets import token_urlsafe

LENS = "_din/lens"
"""Below the page's own path."""
WHAT_IF = "_din/what-if"
HEADER = "din-lens-key"
KEY = token_urlsafe(16)
"""Who cannot open the pages is told nothing there either."""
