"""Proof of a lab: a ladder of rungs over what AWS and the routers say, causes by reasoning, and the traffic on top."""
