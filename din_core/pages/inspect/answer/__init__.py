"""The answer above the instrument, in a sentence, and why, as ranked parts of the history."""
