"""Calibration of a trained network on validation data: fitted, put into the network, recorded, and made again."""
