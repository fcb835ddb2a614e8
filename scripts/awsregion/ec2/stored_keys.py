"""Pre-shared keys of VPN connections in Secrets Manager, where the connection was made so.

AWS documents the storage mode and the ARN; how the secret is named and laid out, and that the API then shows no key, is
taken from what is known of it and marked so in the project's facts.

Source: EC2 API Reference, CreateVpnConnection, PreSharedKeyStorage; VpnConnection, PreSharedKeyArn.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from awsregion.ec2.errors import AwsError, invalid_value

if TYPE_CHECKING:
    from awsregion.ec2.store import Ec2, Record

REDACTED: Final = "****"
"""What the API shows in a key's place."""
STORAGES: Final = ("Standard", "SecretsManager")


def storage(asked: str) -> str:
    """Return a storage mode.

    Raises:
        AwsError: there is none of that name.
    """
    if asked not in STORAGES:
        raise invalid_value("PreSharedKeyStorage", asked, f"Valid values are {', '.join(STORAGES)}.")
    return asked


def keep_keys(ec2: Ec2, connection_id: str, tunnels: list[Record]) -> str:
    """Put a connection's keys into Secrets Manager, by tunnel; return the secret's ARN.

    Raises:
        AwsError: Secrets Manager is not there yet.
    """
    if ec2.neighbours.keep_secret is None:
        raise AwsError("Unavailable", "Secrets Manager is not available in this region. Try again.", 503)
    keys = {tunnel["OutsideIpAddress"]: tunnel["PreSharedKey"] for tunnel in tunnels}
    return ec2.neighbours.keep_secret(_name(connection_id), json.dumps(keys))


def drop_keys(ec2: Ec2, connection_id: str) -> None:
    """Delete what `keep_keys` put there."""
    if ec2.neighbours.drop_secret is not None:
        ec2.neighbours.drop_secret(_name(connection_id))


def redacted(record: Record) -> Record:
    """Return a connection as the API shows it when its keys are in Secrets Manager."""
    options = record["Options"]
    tunnels = [tunnel | {"PreSharedKey": REDACTED} for tunnel in options["TunnelOptions"]]
    text = record["CustomerGatewayConfiguration"]
    for tunnel in options["TunnelOptions"]:
        text = text.replace(tunnel["PreSharedKey"], REDACTED)
    return record | {"Options": options | {"TunnelOptions": tunnels}, "CustomerGatewayConfiguration": text}


def _name(connection_id: str) -> str:
    return f"s2svpn!{connection_id}"
