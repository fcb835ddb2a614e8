"""The pieces of the fabric that the kernel holds, as values that say how they are made and unmade."""

from __future__ import annotations

from mcastlab_twin.network.bridges import Bridge, BridgePort, Filter, GroupPort
from mcastlab_twin.network.links import End, LinkUp, Namespace, Sysctl, Veth
from mcastlab_twin.network.piece import Line, Phase, Place, Tool
from mcastlab_twin.network.routing import Address, PolicyRule, Route

__all__ = [
    "Address",
    "Bridge",
    "BridgePort",
    "End",
    "Filter",
    "GroupPort",
    "Item",
    "Line",
    "LinkUp",
    "Namespace",
    "Phase",
    "Place",
    "PolicyRule",
    "Route",
    "Sysctl",
    "Tool",
    "Veth",
]

Item = Namespace | Veth | LinkUp | Sysctl | Address | Route | PolicyRule | Bridge | BridgePort | GroupPort | Filter
