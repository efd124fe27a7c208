"""Why a score is what it is: parts of a history taken away, and the answer that they give."""
