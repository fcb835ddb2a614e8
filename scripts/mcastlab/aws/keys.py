"""The private half of a key pair that CloudFormation made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.aws.clients import told
from mcastlab.secret import Secret

if TYPE_CHECKING:
    from mcastlab.aws.clients import Clients


def read_private_key(clients: Clients, key_pair_id: str) -> Secret:
    """Return a key pair's private key from where EC2 keeps it for CloudFormation.

    Source: CloudFormation user guide, AWS::EC2::KeyPair: ``/ec2/keypair/{key_pair_id}`` in Parameter Store.

    Raises:
        RefusedError: AWS does not give it.
    """
    name = f"/ec2/keypair/{key_pair_id}"
    with told(f"reading the router's private key {name}"):
        return Secret(clients.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
