"""A whole catalogue against one history: as candidates, in parts, ranked by several models."""
