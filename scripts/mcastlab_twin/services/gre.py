"""A GRE tunnel as an interface: the kernel's where it has GRE, else a TUN device and a small process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox.process import ip, run
from mcastlab_twin.services.service import Service

if TYPE_CHECKING:
    from ipaddress import IPv4Address

_PATH_PROGRAM: Final = Path(__file__).with_name("gre_path.py")
_QUEUE_PACKETS: Final = 2000

DEFAULT_MTU: Final = 1476
"""1500 less the outer header and GRE's own (IOS: ``Tunnel transport MTU 1476 bytes``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreTunnel:
    """A GRE tunnel without key, checksum and sequence numbers; the outer packet has TTL 255 and may be fragmented."""

    device: str
    netns: str
    local: IPv4Address
    remote: IPv4Address


class Gre(Service):
    """One GRE tunnel. Its interface exists from `start` to `stop`; addresses, MTU and state are the caller's."""

    def __init__(self, tunnel: GreTunnel, run_dir: Path) -> None:
        super().__init__()
        self.tunnel = tunnel
        self._run_dir = run_dir
        self.in_kernel: bool | None = None
        """Who carries the packets; None before `start`."""

    async def _start(self) -> None:
        """Create the interface; that fails where there is one by that name."""
        tunnel = self.tunnel
        made = await run(*("ip", "-n", tunnel.netns), *kernel_link(tunnel), check=False)
        self.in_kernel = made.code == 0
        if self.in_kernel:
            return
        await ip(
            tunnel.netns,
            [
                f"tuntap add mode tun pi name {tunnel.device}",
                f"link set {tunnel.device} mtu {DEFAULT_MTU} txqueuelen {_QUEUE_PACKETS}",
            ],
        )
        await self.launch(
            f"the carrier of {tunnel.device}",
            *(sys.executable, "-I", "-S", str(_PATH_PROGRAM), tunnel.device, str(tunnel.local), str(tunnel.remote)),
            netns=tunnel.netns,
            log=self._run_dir / f"{tunnel.device}.gre.out",
        )

    async def stop(self) -> None:
        """Remove the interface."""
        await super().stop()
        if self.in_kernel is not None:
            await run("ip", "-n", self.tunnel.netns, "link", "del", self.tunnel.device, check=False)
            self.in_kernel = None


def kernel_link(tunnel: GreTunnel) -> tuple[str, ...]:
    """Return the ``ip`` arguments that create the tunnel in the kernel; they fail where it has no GRE.

    A fixed outer TTL is what lets a PIM hello (TTL 1) travel; without path MTU discovery, and whatever the inner packet
    says of fragments, the outer one may be fragmented.
    """
    ends = ("local", str(tunnel.local), "remote", str(tunnel.remote))
    return ("link", "add", tunnel.device, "type", "gre", *ends, "ttl", "255", "nopmtudisc", "ignore-df")
