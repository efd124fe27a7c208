"""Files unpacked within bounds."""
