"""How IOS reads a line: keywords that may be cut short, typed arguments, and where it stops understanding."""
