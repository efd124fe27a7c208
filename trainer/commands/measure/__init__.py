"""Commands that measure: a checkpoint, a baseline, this machine."""
