"""The steps that move the weights, and the mean that is kept of them."""
