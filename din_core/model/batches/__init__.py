"""What a network reads, as arrays: for those who have no torch."""
