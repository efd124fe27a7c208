"""What those who run the server ask of it: whether it is up, what it answered, how often and how fast."""
