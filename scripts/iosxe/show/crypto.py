"""``show crypto ikev2 sa`` and ``show crypto ipsec sa``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Address

    from iosxe.state import InterfaceState, LiveIkev2Sa

NAT_T_PORT: Final = 4500
NO_ISAKMP_SA: Final = (
    "IPv4 Crypto ISAKMP SA\ndst             src             state          conn-id status\n\nIPv6 Crypto ISAKMP SA\n\n"
)
"""What ``show crypto isakmp sa`` prints: there is no IKEv1 here."""
NOTHING_NEGOTIATED: Final = (
    "Encr: Unknown - 0, PRF: Unknown - 0, Hash: None, DH Grp:0, Auth sign: Unknown - 0, Auth verify: Unknown - 0"
)
"""What stands where the peer has not answered yet."""
KILOBYTES: Final = 4607999


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecPort:
    """A tunnel that IPsec protects. SPIs are not reported by every backend: they are numbers made from the ends."""

    state: InterfaceState
    local: IPv4Address
    outside: str
    """The interface that it sends from."""
    remote: IPv4Address
    transform: str
    """``esp-256-aes esp-sha256-hmac``."""
    pfs_group: int | None
    lifetime_s: int
    association: LiveIkev2Sa | None


def ikev2_sa(associations: Iterable[LiveIkev2Sa]) -> str:
    """Return the IKEv2 security associations; nothing where there are none, as IOS does."""
    blocks = [_association(number, each) for number, each in enumerate(associations, 1)]
    if not blocks:
        return ""
    return " IPv4 Crypto IKEv2  SA \n\n" + "\n".join(blocks) + "\n IPv6 Crypto IKEv2  SA \n\n"


def _association(number: int, each: LiveIkev2Sa) -> str:
    local, remote = f"{each.local}/{each.local_port}", f"{each.remote}/{each.remote_port}"
    status = "READY" if each.ready else "IN-NEG"
    negotiated = (
        f"Encr: {each.encryption}, keysize: {each.key_bits}, PRF: {each.prf}, Hash: {each.integrity}, "
        f"DH Grp:{each.dh_group}, Auth sign: PSK, Auth verify: PSK"
    )
    return (
        "Tunnel-id Local                 Remote                fvrf/ivrf            Status \n"
        f"{number:<9} {local:<21} {remote:<21} {'none/none':<20} {status}  \n"
        f"      {negotiated if each.encryption else NOTHING_NEGOTIATED}\n"
        f"      Life/Active Time: {each.lifetime_s}/{each.active_s} sec\n"
    )


def ipsec_sa(ports: Iterable[IpsecPort], wanted: str | None) -> str:
    """Return the IPsec security associations of every protected tunnel, or of one interface."""
    chosen = [port for port in ports if wanted in {None, port.state.name}]
    if not chosen:
        return "No SAs found\n" if wanted is None else ""
    return "".join(f"{line}\n" for port in chosen for line in _ipsec(port))


def _ipsec(port: IpsecPort) -> Iterator[str]:
    state, sa = port.state, port.association
    up = sa is not None and sa.ready
    encrypted, decrypted = state.packets_out, state.packets_in
    remote_port = sa.remote_port if sa is not None else 500
    spi_out = _spi(f"{port.local}>{port.remote}") if up else 0
    pfs = f"Y, DH group: group{port.pfs_group}" if port.pfs_group and up else "N, DH group: none"
    yield ""
    yield f"interface: {state.name}"
    yield f"    Crypto map tag: {state.name}-head-0, local addr {port.local}"
    yield ""
    yield "   protected vrf: (none)"
    yield "   local  ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)"
    yield "   remote ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)"
    yield f"   current_peer {port.remote} port {remote_port}"
    yield "     PERMIT, flags={origin_is_acl,}"
    yield f"    #pkts encaps: {encrypted}, #pkts encrypt: {encrypted}, #pkts digest: {encrypted}"
    yield f"    #pkts decaps: {decrypted}, #pkts decrypt: {decrypted}, #pkts verify: {decrypted}"
    yield "    #pkts compressed: 0, #pkts decompressed: 0"
    yield "    #pkts not compressed: 0, #pkts compr. failed: 0"
    yield "    #pkts not decompressed: 0, #pkts decompress failed: 0"
    yield "    #send errors 0, #recv errors 0"
    yield ""
    yield f"     local crypto endpt.: {port.local}, remote crypto endpt.: {port.remote}"
    yield f"     plaintext mtu {state.mtu}, path mtu 1500, ip mtu 1500, ip mtu idb {port.outside}"
    yield f"     current outbound spi: 0x{spi_out:X}({spi_out})"
    yield f"     PFS (Y/N): {pfs}"
    yield ""
    for direction, spi in (("inbound", _spi(f"{port.remote}>{port.local}") if up else 0), ("outbound", spi_out)):
        yield f"     {direction} esp sas:"
        if up and sa is not None:
            yield from _esp(port, sa, direction, spi)
        yield ""
        yield f"     {direction} ah sas:"
        yield ""
        yield f"     {direction} pcp sas:"
        if direction == "inbound":
            yield ""


def _esp(port: IpsecPort, sa: LiveIkev2Sa, direction: str, spi: int) -> Iterator[str]:
    number = 2001 if direction == "inbound" else 2002
    mode = "Tunnel UDP-Encaps, " if sa.remote_port == NAT_T_PORT else "Tunnel, "
    left_s = max(0, port.lifetime_s - sa.active_s % port.lifetime_s)
    yield f"      spi: 0x{spi:X}({spi})"
    yield f"        transform: {port.transform} ,"
    yield f"        in use settings ={{{mode}}}"
    yield (
        f"        conn id: {number}, flow_id: CSR:{number - 2000}, sibling_flags FFFFFFFF80000048, "
        f"crypto map: {port.state.name}-head-0"
    )
    yield f"        sa timing: remaining key lifetime (k/sec): ({KILOBYTES}/{left_s})"
    yield "        IV size: 16 bytes"
    yield "        replay detection support: Y"
    yield "        Status: ACTIVE(ACTIVE)"


def _spi(ends: str) -> int:
    return 0x10000000 | crc32(ends.encode())
