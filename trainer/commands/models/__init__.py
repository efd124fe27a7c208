"""Commands that make checkpoints or write them anew."""
