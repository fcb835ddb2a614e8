"""Proof of a lab: checks over what AWS and the routers say, root causes with their fixes, and the traffic on top."""
