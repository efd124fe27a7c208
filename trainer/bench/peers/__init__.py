"""Other libraries' DIN, measured beside ours."""
