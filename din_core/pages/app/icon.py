"""The page's icon."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

_SVG = Path(__file__).with_name("icon.svg").read_bytes()
ICON = f"data:image/svg+xml;base64,{b64encode(_SVG).decode()}"
"""As it is sent: Streamlit reads a file anew in every run of a page."""
