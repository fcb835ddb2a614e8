"""IOS-XE's configuration language."""
