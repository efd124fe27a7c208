"""Fitting a network: steps, their options, the mean of the weights, trials, and how a run is resumed."""
