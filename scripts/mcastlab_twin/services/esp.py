"""Who does ESP: the kernel, where it has it with virtual tunnel interfaces, else charon's library in user space.

It is found out by trying, in a namespace that goes at once: a VTI, and an SA in UDP as a tunnel would have.
Sources: ip-link(8), ip-xfrm(8); strongSwan, "Route-based VPN" (marks, ``disable_policy``).
"""

from __future__ import annotations

import asyncio
from hashlib import blake2s
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from mcastlab_twin.services.charon_conf import CharonTunnel

_NAMESPACE: Final = "esp-probe"
_KEY: Final = f"0x{'a5' * 32}"


def probe_lines() -> tuple[str, ...]:
    """Return the ``ip`` lines that pass where the kernel can carry a tunnel; all must."""
    which = "src 127.0.0.1 dst 127.0.0.2 proto esp spi 0x1000 mode tunnel mark 1"
    algorithms = f"auth-trunc hmac(sha256) {_KEY} 128 enc cbc(aes) {_KEY}"
    return (
        "link add probe type vti local 127.0.0.1 remote 127.0.0.2 key 1",
        f"xfrm state add {which} {algorithms} encap espinudp 4500 4500 0.0.0.0",
    )


def mark(tunnel: CharonTunnel) -> int:
    """Return the number that joins a tunnel's SAs to its VTI: 31 bits of its name's digest, never 0."""
    return 1 + int.from_bytes(blake2s(tunnel.name.encode(), digest_size=4).digest()) % 0x7FFFFFFE


def kernel_link(tunnel: CharonTunnel) -> str:
    """Return the ``ip`` line that makes a tunnel's interface in the kernel; it may move to another namespace."""
    return f"link add {tunnel.device} type vti local {tunnel.local} remote {tunnel.remote} key {mark(tunnel)}"


def kernel_setting(tunnel: CharonTunnel) -> str:
    """Return the setting of a tunnel's interface by which what has passed its own policy is held against no other."""
    return f"net/ipv4/conf/{tunnel.device}/disable_policy=1"


class Esp:
    """What the probe came to, once it was made."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self.in_kernel: bool | None = None
        """None before the first tunnel."""

    async def probe(self) -> bool:
        """Tell whether the kernel does it; tried once.

        Raises:
            ProgramError: there is no namespace to be had for it.
        """
        async with self._turn:
            if self.in_kernel is None:
                await run("ip", "netns", "add", _NAMESPACE)
                lines = "".join(f"{line}\n" for line in probe_lines())
                tried = await run("ip", "-n", _NAMESPACE, "-batch", "-", given=lines, check=False)
                await run("ip", "netns", "del", _NAMESPACE, check=False)
                self.in_kernel = tried.code == 0
            return self.in_kernel


ESP: Final = Esp()
"""Of this machine's kernel."""
