"""Send configuration to routers, and wait until they work together."""
