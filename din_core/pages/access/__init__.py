"""Who may see what: sign-in, roles, and what is refused to whom."""
