"""The command line: sessions, exec commands, terminal and SSH."""
