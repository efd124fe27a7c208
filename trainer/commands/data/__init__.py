"""Commands that make and check tables and stores."""
