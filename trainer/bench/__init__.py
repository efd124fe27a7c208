"""Speed, measured: one module a part, each with one function that returns rows.

What is compared runs alternately in one process, and a ratio is one of medians of the same run: absolute times of a
machine drift by tens of percent within minutes.
"""
