"""IKEv2, IPsec and BGP, as a router shows them. Ages in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.ios.show.tables import rows
from mcastlab_base.as_numbers import as_number

if TYPE_CHECKING:
    from ipaddress import IPv4Address

BGP_OFF: Final = "% BGP not active"
_ROUTER_ID: Final = "BGP router identifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ikev2Sa:
    """An association of ``show crypto ikev2 sa``; what is negotiated is empty until it is ready."""

    local: IPv4Address
    local_port: int
    remote: IPv4Address
    remote_port: int
    status: str
    encryption: str
    key_bits: int | None
    integrity: str
    dh_group: int | None
    lifetime_s: int | None
    active_s: int | None

    @property
    def ready(self) -> bool:
        """Whether it is established."""
        return self.status == "READY"


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecSa:
    """A flow of ``show crypto ipsec sa``; it is up where it has an outbound SPI."""

    interface: str
    local: IPv4Address
    remote: IPv4Address
    packets_encrypted: int
    packets_decrypted: int
    send_errors: int | None
    """None where the answer is that of ``detail``, which counts errors by their kind."""
    receive_errors: int | None
    outbound_spi: int

    @property
    def up(self) -> bool:
        """Whether there is an association to send with."""
        return self.outbound_spi != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BgpPeer:
    """A neighbour of ``show ip bgp summary``; `prefixes` is None while the session is not established."""

    address: IPv4Address
    remote_as: int
    since_s: int | None
    state: str
    prefixes: int | None


def ikev2_sas(text: str) -> tuple[Ikev2Sa, ...]:
    """Read ``show crypto ikev2 sa``; a router without any answers with nothing."""
    return tuple(
        Ikev2Sa(
            local=row.address("LOCAL"),
            local_port=row.number("LOCAL_PORT"),
            remote=row.address("REMOTE"),
            remote_port=row.number("REMOTE_PORT"),
            status=row.text("STATUS"),
            encryption=row.text("ENCRYPTION"),
            key_bits=row.maybe_number("BITS"),
            integrity=row.text("HASH"),
            dh_group=row.maybe_number("GROUP"),
            lifetime_s=row.maybe_number("LIFE"),
            active_s=row.maybe_number("ACTIVE"),
        )
        for row in rows("crypto_ikev2_sa", text, known="IKEv2")
    )


def isakmp_peers(text: str) -> tuple[IPv4Address, ...]:
    """Read from ``show crypto isakmp sa`` the peers with which there is an association of IKEv1, both ends of each."""
    return tuple(
        row.address(end)
        for row in rows("crypto_isakmp_sa", text, known="ISAKMP SA")
        for end in ("DESTINATION", "SOURCE")
    )


def ipsec_sas(text: str) -> tuple[IpsecSa, ...]:
    """Read ``show crypto ipsec sa``."""
    return tuple(
        IpsecSa(
            interface=row.text("INTERFACE"),
            local=row.address("LOCAL"),
            remote=row.address("REMOTE"),
            packets_encrypted=row.number("ENCRYPTED"),
            packets_decrypted=row.number("DECRYPTED"),
            send_errors=row.maybe_number("SEND_ERRORS"),
            receive_errors=row.maybe_number("RECEIVE_ERRORS"),
            outbound_spi=row.read(row.text("SPI"), lambda spi: int(spi, 16), "an SPI in hexadecimal digits"),
        )
        for row in rows("crypto_ipsec_sa", text, known=r"No SAs found|^\s*interface: ")
    )


def bgp_peers(text: str) -> tuple[BgpPeer, ...]:
    """Read ``show ip bgp summary``; a router without BGP has none. AS numbers may be in asplain or asdot.

    Raises:
        UnreadableError: a neighbour's line, or the whole, is not what the command prints.
    """
    if BGP_OFF in text:
        return ()
    found = []
    for row in rows("ip_bgp_summary", text, known=_ROUTER_ID):
        state = row.text("STATE")
        prefixes = row.number("STATE") if state.isdecimal() else None
        found.append(
            BgpPeer(
                address=row.address("ADDRESS"),
                remote_as=row.read(row.text("AS"), as_number, "an AS number in asplain or asdot notation"),
                since_s=row.age("SINCE"),
                state=state if prefixes is None else "Established",
                prefixes=prefixes,
            )
        )
    return tuple(found)
