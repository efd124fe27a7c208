"""How impressions are split, and which behaviors their histories hold."""
