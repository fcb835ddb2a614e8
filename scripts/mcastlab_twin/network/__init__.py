"""The network of namespaces: a pure plan of its pieces, and what makes the kernel hold them."""
