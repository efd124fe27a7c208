"""One module a command: `configure(parser)`, `run(args) -> dict` (JSON-ready), `render(result) -> str`."""
