"""Proof of a lab: a ladder of checks over what AWS and the routers say, causes by reasoning, and the traffic on top."""
