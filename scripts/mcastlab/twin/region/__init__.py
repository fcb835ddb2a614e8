"""A local AWS region on loopback."""
