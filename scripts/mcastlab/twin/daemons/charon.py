"""An IKEv2/ESP tunnel as a route-based interface: one strongSwan charon a tunnel."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING

from mcastlab.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CharonTunnel:
    """One end of a tunnel with selectors 0.0.0.0/0 on both sides. Proposals are in strongSwan's words."""

    name: str
    """Names the connection and its files; unique within the run directory."""
    netns: str
    """Where IKE and ESP leave and arrive."""
    local: IPv4Address
    remote: IPv4Address
    pre_shared_key: Secret
    initiate: bool
    """This end brings the tunnel up, and back up after an outage."""
    device: str
    """The tunnel interface's name."""
    device_netns: str | None = None
    """The namespace that the interface is to stand in; None is `netns`."""
    device_address: IPv4Interface | None = None
    device_mtu: int = 1400
    local_id: IPv4Address | None = None
    """None is `local`."""
    remote_id: IPv4Address | None = None
    """None is `remote`."""
    ike_proposals: tuple[str, ...] = ("aes256-sha256-modp2048",)
    esp_proposals: tuple[str, ...] = ("aes256-sha256-modp2048",)
    ike_lifetime_s: int = 28800
    esp_lifetime_s: int = 3600
    dpd_delay_s: int | None = 10
    """None sends no liveness checks."""
    local_ports: tuple[int, int] = (500, 4500)
    """A second tunnel of one namespace needs others; nftables shows them as 500 and 4500 outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeSa:
    """An IKE SA as charon lists it. Algorithms are in strongSwan's words; times in seconds."""

    local: IPv4Address
    local_port: int
    remote: IPv4Address
    remote_port: int
    established: bool
    child_installed: bool
    """An ESP SA pair carries packets."""
    encryption: str
    key_bits: int
    integrity: str
    prf: str
    dh_group: str
    established_s: int
    bytes_in: int
    bytes_out: int


class Charon:
    """The daemon of one tunnel. Its interface is up exactly while the tunnel has an ESP SA pair."""

    def __init__(self, tunnel: CharonTunnel, run_dir: Path) -> None:
        self.tunnel = tunnel
        self._run_dir = run_dir

    async def start(self) -> None:
        """Start the daemon, put the interface (down) in its place, load the connection and, on this side, initiate.

        Does not wait for the other end.

        Raises:
            ProgramError, TimeoutError: a program behind it failed or did not answer.
        """
        raise NotImplementedError

    async def stop(self) -> None:
        """Say goodbye to the other end, end the daemon and remove its interface. Harmless when not started."""
        raise NotImplementedError

    async def sas(self) -> tuple[IkeSa, ...]:
        """Return the IKE SAs, connecting ones too."""
        raise NotImplementedError
