"""More than one process, or machine: scores by Ray Serve."""
