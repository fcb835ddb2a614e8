"""The configuration as a tree: the rows of what may stand in it, how lines change it, and how it is printed."""
