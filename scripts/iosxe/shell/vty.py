"""What the configuration says of a vty line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from iosxe.config.node import Node
    from iosxe.device import RouterDevice


IDLE_MINUTES: Final = 10
"""After which a session ends where the line says nothing else."""


def vty_of(device: RouterDevice, line: int) -> Node | None:
    """Return the configuration of a vty line."""
    return next(
        (
            node
            for node in device.running.root.every("line vty")
            if int(node.args["first"]) <= line <= int(node.args.get("last", node.args["first"]))
        ),
        None,
    )
