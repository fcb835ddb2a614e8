"""IKEv2, IPsec and BGP, as a router shows them. Ages in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from mcastlab.parsers.tables import ntc_rows, rows
from mcastlab.parsers.times import seconds

BGP_OFF: Final = "% BGP not active"


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
    send_errors: int
    receive_errors: int
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
            local=IPv4Address(row.text("LOCAL")),
            local_port=int(row.text("LOCAL_PORT")),
            remote=IPv4Address(row.text("REMOTE")),
            remote_port=int(row.text("REMOTE_PORT")),
            status=row.text("STATUS"),
            encryption=row.text("ENCRYPTION"),
            key_bits=_number(row.text("BITS")),
            integrity=row.text("HASH"),
            dh_group=_number(row.text("GROUP")),
            lifetime_s=_number(row.text("LIFE")),
            active_s=_number(row.text("ACTIVE")),
        )
        for row in rows("crypto_ikev2_sa", text)
    )


def ipsec_sas(text: str) -> tuple[IpsecSa, ...]:
    """Read ``show crypto ipsec sa``."""
    return tuple(
        IpsecSa(
            interface=row.text("INTERFACE"),
            local=IPv4Address(row.text("LOCAL")),
            remote=IPv4Address(row.text("REMOTE")),
            packets_encrypted=int(row.text("ENCRYPTED")),
            packets_decrypted=int(row.text("DECRYPTED")),
            send_errors=int(row.text("SEND_ERRORS")),
            receive_errors=int(row.text("RECEIVE_ERRORS")),
            outbound_spi=int(row.text("SPI"), 16),
        )
        for row in rows("crypto_ipsec_sa", text)
    )


def bgp_peers(text: str) -> tuple[BgpPeer, ...]:
    """Read ``show ip bgp summary``; a router without BGP has none."""
    if BGP_OFF in text:
        return ()
    found = []
    for row in ntc_rows("show ip bgp summary", text):
        state = row.text("state_or_prefixes_received")
        found.append(
            BgpPeer(
                address=IPv4Address(row.text("bgp_neighbor")),
                remote_as=int(row.text("neighbor_as")),
                since_s=seconds(row.text("up_down")),
                state="Established" if state.isdecimal() else state,
                prefixes=int(state) if state.isdecimal() else None,
            )
        )
    return tuple(found)


def _number(text: str) -> int | None:
    return int(text) if text else None
