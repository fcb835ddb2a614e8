"""Observe a lab: AWS, routers, hosts and devices, all at the same time; nothing is changed."""
