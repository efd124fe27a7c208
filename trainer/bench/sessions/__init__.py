"""Visitors of the app, many at once: what their browsers send, how long they wait, what the server spends."""
