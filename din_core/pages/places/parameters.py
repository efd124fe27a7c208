"""Query parameters that say what is shown in the place of a page; light, as the server reads them before any page."""

SNAPSHOT = "snapshot"
"""Numbers that were kept, by their slug."""
SIGNED = "signed"
"""A brief whose link was signed, by its token."""
