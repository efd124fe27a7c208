"""Data preparation, training, evaluation and benchmarks; the command line is `python -m trainer`."""
