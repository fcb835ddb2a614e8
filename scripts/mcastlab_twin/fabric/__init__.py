"""What the region holds, made of network namespaces."""
