"""What the benchmark runs on: made stores and made samples."""
