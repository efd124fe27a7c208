"""Scoring on a cluster: batches of candidates and histories go to the server that DIN_SCORER names."""
