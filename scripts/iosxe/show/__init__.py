"""Show commands in IOS-XE 17's format: each a pure function from state to text."""
