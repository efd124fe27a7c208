"""What a DIN of another library computes otherwise than this project's: options, layers, padding."""
