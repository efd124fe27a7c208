"""What checkpoints and baselines are worth on a split, and whether their weights may be believed."""
