"""What a request asked for, as it may be logged and counted: the route it meets, never what a stranger typed."""

from __future__ import annotations

from din_core.pages.places.places import BY_PATH

OURS = frozenset(
    {
        "inspect",
        "what-if",
        "short-link",
        "signed-link",
        "history-mark",
        "script",
        "font",
        "card.png",
        "health",
        "metrics",
    }
)
"""What is answered below `_din/`."""
STREAMLIT = frozenset({"stream", "health", "host-config", "metrics", "upload_file"})
"""What is answered below `_stcore/`; an upload's address goes on with the ids of its session and file."""
FILES = frozenset({"static", "media", "component"})
OTHER = "other"


def route_of(path: str) -> str:
    """`/explain-inspect`, `/_din/what-if`, `/_stcore/stream`, `files`, or `other`.

    A base path before it is left out; its own bare address is `other`.
    """
    parts = [part for part in path.split("/") if part]
    for name, known in (("_din", OURS), ("_stcore", STREAMLIT)):
        if name in parts:
            below = parts[parts.index(name) + 1 :]
            return f"/{name}/{below[0]}" if below and below[0] in known else OTHER
    if FILES & set(parts):
        return "files"
    page = parts[-1] if parts else ""
    return f"/{page}" if page in BY_PATH else OTHER
