"""Commands that hand a model's scores and reasons to others."""
