"""The files of a checkpoint, as they are read without torch."""
