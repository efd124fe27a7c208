"""What the app reads that is computed ahead: the embedded demo, the tour, cases."""
