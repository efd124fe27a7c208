"""Commands that compute ahead what the app shows."""
