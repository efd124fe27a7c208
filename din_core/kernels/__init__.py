"""What makes the networks fast: custom operators, computed in C on a CPU, and modules that call them in the place of
plain ones."""
