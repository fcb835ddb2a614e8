"""A virtual IOS-XE router: command line, configuration tree, show commands."""
