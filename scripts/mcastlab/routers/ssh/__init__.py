"""Adapters to routers and Linux devices over SSH."""
