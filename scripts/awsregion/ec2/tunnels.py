"""The two tunnels of a VPN connection: addresses, keys, algorithms, telemetry.

Source: AWS Site-to-Site VPN user guide, "Tunnel options"; EC2 API Reference, VpnTunnelOptionsSpecification.
"""

from __future__ import annotations

import re
import secrets
import string
from ipaddress import IPv4Address, IPv4Network
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.common import network
from awsregion.ec2.errors import AwsError, invalid_value
from awsregion.live import IPSEC_IS_DOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record
    from awsregion.live import Live

TUNNELS: Final = 2
OUTSIDE: Final = IPv4Network("198.18.0.0/15")
"""Where the tunnels' outside addresses come from: the twin's stand-in for AWS's public ones (RFC 2544)."""

_INSIDE: Final = IPv4Network("169.254.0.0/16")
_INSIDE_PREFIX: Final = 30
_INSIDE_RESERVED: Final = frozenset(
    [IPv4Network(f"169.254.{third}.0/30") for third in range(6)] + [IPv4Network("169.254.169.252/30")]
)
_KEY: Final = re.compile(r"(?!0)[A-Za-z0-9._]{8,64}")
_KEY_LENGTH: Final = 32

_ENCRYPTION: Final = ("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16")
_INTEGRITY: Final = ("SHA1", "SHA2-256", "SHA2-384", "SHA2-512")
_DH: Final = tuple(range(14, 25))

_CHOICES: Final = MappingProxyType(
    {
        "Phase1EncryptionAlgorithms": _ENCRYPTION,
        "Phase2EncryptionAlgorithms": _ENCRYPTION,
        "Phase1IntegrityAlgorithms": _INTEGRITY,
        "Phase2IntegrityAlgorithms": _INTEGRITY,
        "Phase1DHGroupNumbers": (2, *_DH),
        "Phase2DHGroupNumbers": (2, 5, *_DH),
        "IKEVersions": ("ikev1", "ikev2"),
    }
)
_RANGES: Final = MappingProxyType(
    {
        "Phase1LifetimeSeconds": (900, 28800),
        "Phase2LifetimeSeconds": (900, 3600),
        "RekeyMarginTimeSeconds": (60, 28800),
        "RekeyFuzzPercentage": (0, 100),
        "ReplayWindowSize": (64, 2048),
        "DPDTimeoutSeconds": (30, 3600),
    }
)
_WORDS: Final = MappingProxyType(
    {
        "DPDTimeoutAction": ("clear", "none", "restart"),
        "StartupAction": ("add", "start"),
    }
)
_SHOWN_AS: Final = MappingProxyType(
    {
        "DPDTimeoutSeconds": "DpdTimeoutSeconds",
        "DPDTimeoutAction": "DpdTimeoutAction",
        "IKEVersions": "IkeVersions",
    }
)
"""Members that the answer spells in another way than the request."""


def make_tunnels(ec2: Ec2, gateway_id: str, asked: list[Given]) -> list[Record]:
    """Return both tunnels as TunnelOptions: what was asked, and what AWS chooses where nothing was.

    Raises:
        AwsError: more than two, or a value that the tunnel option does not take.
    """
    if len(asked) > TUNNELS:
        raise AwsError("InvalidParameterValue", f"A VPN connection has {TUNNELS} tunnels.")
    taken = {str(block) for block in _inside_in_use(ec2, gateway_id)}
    tunnels: list[Record] = []
    for one in [*asked, *({} for _ in range(TUNNELS - len(asked)))]:
        tunnels.append(_tunnel(one, taken, str(_outside(ec2, tunnels))))
        taken.add(tunnels[-1]["TunnelInsideCidr"])
    return tunnels


def changed_tunnel(ec2: Ec2, gateway_id: str, tunnel: Record, asked: Mapping[str, Any]) -> Record:
    """Return a tunnel with other options; its outside address stays, and its key where none is given.

    Raises:
        AwsError: a value that the tunnel option does not take.
    """
    taken = {str(block) for block in _inside_in_use(ec2, gateway_id)} - {tunnel["TunnelInsideCidr"]}
    kept = {name: tunnel[name] for name in ("TunnelInsideCidr", "PreSharedKey") if name not in asked}
    return _tunnel({name: asked[name] for name in asked} | kept, taken, tunnel["OutsideIpAddress"])


def _tunnel(asked: Mapping[str, Any], taken: set[str], outside: str) -> Record:
    return {
        "OutsideIpAddress": outside,
        "TunnelInsideCidr": str(_inside(asked.get("TunnelInsideCidr"), taken)),
        "PreSharedKey": _key(asked.get("PreSharedKey")),
        **_algorithms(asked),
    }


def telemetry(live: Live, outside: list[str], since: datetime, static: bool) -> list[Record]:  # noqa: FBT001  (a connection's option)
    """Return VgwTelemetry: what the fabric sees of each tunnel, DOWN where it sees none."""
    seen = {str(one.outside_address): one for one in live.tunnels}
    rows: list[Record] = []
    for one in outside:
        status = seen.get(one)
        row: Record = {"OutsideIpAddress": one, "LastStatusChange": since, "Status": "DOWN", "AcceptedRouteCount": 0}
        if status is None:
            rows.append(row | {"StatusMessage": IPSEC_IS_DOWN})
            continue
        count = len(status.accepted_routes)
        message = "" if static else f"{count} BGP ROUTES"
        up = {"Status": "UP", "AcceptedRouteCount": count, "StatusMessage": status.message or message}
        rows.append(row | (up if status.up else {"StatusMessage": status.message or IPSEC_IS_DOWN}))
    return rows


def _inside_in_use(ec2: Ec2, gateway_id: str) -> list[IPv4Network]:
    """Return the inside blocks of one gateway's tunnels: only there must they differ."""
    return [
        network(tunnel["TunnelInsideCidr"])
        for connection in ec2.all("vpn-connection", TransitGatewayId=gateway_id)
        for tunnel in connection["Options"]["TunnelOptions"]
    ]


def _inside(asked: str | None, taken: set[str]) -> IPv4Network:
    if asked is None:
        free = (block for block in _random_insides() if str(block) not in taken)
        return next(free)
    try:
        block = IPv4Network(asked)
    except ValueError as error:
        raise invalid_value("TunnelInsideCidr", asked, "A /30 of 169.254.0.0/16 is needed.") from error
    if block.prefixlen != _INSIDE_PREFIX or not block.subnet_of(_INSIDE) or block in _INSIDE_RESERVED:
        raise invalid_value("TunnelInsideCidr", asked, "A /30 of 169.254.0.0/16 is needed that AWS does not reserve.")
    if str(block) in taken:
        raise AwsError("InvalidParameterValue", f"The TunnelInsideCidr {block} is in use by another tunnel.")
    return block


def _random_insides() -> Iterator[IPv4Network]:
    while True:
        block = IPv4Network((int(_INSIDE.network_address) + 4 * secrets.randbelow(2**14), _INSIDE_PREFIX))
        if block not in _INSIDE_RESERVED:
            yield block


def _outside(ec2: Ec2, made: list[Record]) -> IPv4Address:
    taken = {tunnel["OutsideIpAddress"] for tunnel in made}
    taken |= {
        tunnel["OutsideIpAddress"]
        for connection in ec2.all("vpn-connection")
        for tunnel in connection["Options"]["TunnelOptions"]
    }
    taken |= {gateway["IpAddress"] for gateway in ec2.all("customer-gateway")}
    for candidate in OUTSIDE.hosts():
        if str(candidate) not in taken:
            return candidate
    raise AwsError("VpnConnectionLimitExceeded", "There is no outside address left.")


def _key(asked: str | None) -> str:
    if asked is None:
        letters = string.ascii_letters + string.digits + "._"
        first = secrets.choice(letters.replace("0", ""))
        return first + "".join(secrets.choice(letters) for _ in range(_KEY_LENGTH - 1))
    if not _KEY.fullmatch(asked):
        # The key itself is not repeated: it may be nearly right, and errors are logged.
        raise AwsError(
            "InvalidParameterValue",
            "Value for parameter PreSharedKey is invalid. 8 to 64 characters of A-Z, a-z, 0-9, '.' and '_' are "
            "needed, and the first cannot be 0.",
        )
    return asked


def _algorithms(one: Mapping[str, Any]) -> Record:
    chosen = _choices(one) | _ranges(one) | _words(one)
    return {_SHOWN_AS.get(name, name): value for name, value in chosen.items()}


def _choices(one: Mapping[str, Any]) -> Record:
    chosen: Record = {}
    for name in _CHOICES.keys() & set(one):
        values = [entry["Value"] for entry in one[name]]
        for value in values:
            if value not in _CHOICES[name]:
                raise invalid_value(name, value, f"Valid values are {', '.join(map(str, _CHOICES[name]))}.")
        chosen[name] = [{"Value": value} for value in values]
    return chosen


def _ranges(one: Mapping[str, Any]) -> Record:
    for name in _RANGES.keys() & set(one):
        low, high = _RANGES[name]
        if not low <= int(one[name]) <= high:
            raise invalid_value(name, one[name], f"It lies between {low} and {high}.")
    return {name: int(one[name]) for name in _RANGES if name in one}


def _words(one: Mapping[str, Any]) -> Record:
    for name in _WORDS.keys() & set(one):
        if one[name] not in _WORDS[name]:
            raise invalid_value(name, one[name], f"Valid values are {', '.join(_WORDS[name])}.")
    return {name: one[name] for name in _WORDS if name in one}
