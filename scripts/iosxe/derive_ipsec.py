"""IPsec as the configuration says it: each tunnel with its IKEv2 profile, keyring and proposals resolved. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.config.addresses import ipv4, network_around
from iosxe.config.interfaces import all_interfaces
from iosxe.intent import IkeProposal, IpsecTunnel
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from iosxe.config.node import Config, Node

DEFAULT_IKE_LIFETIME_S: Final = 86400
DEFAULT_ESP_LIFETIME_S: Final = 3600
DEFAULT_REPLAY_WINDOW: Final = 64
_REPLAY_WINDOW: Final = "security-association replay window-size"

DEFAULT_PROPOSAL: Final = IkeProposal(encryption=("aes-cbc-256",), integrity=("sha512", "sha384"), groups=(19, 14, 21))
"""That of the policy that holds where no other does.

Source: Cisco IOS-XE 17, ``show crypto ikev2 proposal default``.
"""


def ipsec_tunnels(config: Config) -> Iterator[IpsecTunnel]:
    """Return the tunnels in mode ipsec for which everything that they refer to is there and agrees."""
    for name, node in all_interfaces(config).items():
        if node.arg("tunnel mode", "mode") == "ipsec":
            tunnel = _tunnel(config.root, name, node)
            if tunnel is not None:
                yield tunnel


def _tunnel(root: Node, name: str, interface: Node) -> IpsecTunnel | None:
    destination = interface.arg("tunnel destination", "address")
    ipsec = root.find("crypto ipsec profile", interface.arg("tunnel protection ipsec profile", "profile"))
    if not destination or interface.find("tunnel source") is None or ipsec is None:
        return None
    transform = root.find("crypto ipsec transform-set", ipsec.arg("set transform-set", "name"))
    ike = root.find("crypto ikev2 profile", ipsec.arg("set ikev2-profile", "name"))
    if transform is None or ike is None or not _authenticates(ike, ipv4(destination)):
        return None
    key = _pre_shared_key(root, ike, ipv4(destination))
    if key is None:
        return None
    dpd = ike.find("dpd") or root.find("crypto ikev2 dpd")
    pfs = ipsec.arg("set pfs", "group")
    identity = ike.arg("identity local", "address")
    window = root.arg(f"crypto ipsec {_REPLAY_WINDOW}", "size", str(DEFAULT_REPLAY_WINDOW))
    return IpsecTunnel(
        interface=name,
        pre_shared_key=key,
        ike_proposals=_proposals(root, _local_address(root, interface)),
        ike_lifetime_s=int(ike.arg("lifetime", "seconds", str(DEFAULT_IKE_LIFETIME_S))),
        esp_encryption=_esp(transform),
        esp_integrity=transform.args.get("integrity"),
        pfs_group=int(pfs.removeprefix("group")) if pfs else None,
        esp_lifetime_s=int(
            ipsec.arg("set security-association lifetime seconds", "seconds", str(DEFAULT_ESP_LIFETIME_S))
        ),
        dpd_interval_s=int(dpd.args["interval"]) if dpd is not None else None,
        dpd_retry_s=int(dpd.args["retry"]) if dpd is not None else None,
        replay_window=int(ipsec.arg(f"set {_REPLAY_WINDOW}", "size", window)),
        local_identity=ipv4(identity) if identity else None,
    )


def _authenticates(ike: Node, destination: IPv4Address) -> bool:
    """Say whether a profile is complete and meant for a peer: both methods, and an identity that the peer has."""
    if not (ike.has("authentication remote") and ike.has("authentication local")):
        return False
    identities = ike.every("match identity remote")
    return any("address" not in line.args or _covers(line, destination) for line in identities)


def _covers(line: Node, address: IPv4Address) -> bool:
    return address in network_around(line.args["address"], line.args.get("mask", "255.255.255.255"))


def _pre_shared_key(root: Node, ike: Node, destination: IPv4Address) -> Secret | None:
    """Return the key of the keyring's peer with the longest match; keys that differ by direction are not used."""
    keyring = root.find("crypto ikev2 keyring", ike.arg("keyring local", "name"))
    if keyring is None:
        return None
    peers = [peer for peer in keyring.every("peer") if _is_peer(peer, destination)]
    peers.sort(key=lambda peer: peer.arg("address", "mask", "255.255.255.255"), reverse=True)
    for peer in peers:
        found = {line.args["key"] for line in peer.children.values() if line.row.parsed.head.startswith("pre-shared")}
        if len(found) == 1:
            return Secret(found.pop())
    return None


def _is_peer(peer: Node, destination: IPv4Address) -> bool:
    line = peer.find("address")
    return line is not None and _covers(line, destination)


def _local_address(root: Node, interface: Node) -> str:
    """Return the address that a tunnel's packets come from, empty where it is not configured."""
    source = interface.find("tunnel source")
    given = {} if source is None else source.args
    if "address" in given:
        return given["address"]
    port = root.find("interface", given.get("interface", ""))
    return "" if port is None else port.arg("ip address", "address")


def _proposals(root: Node, local: str) -> tuple[IkeProposal, ...]:
    """Return the proposals of the policy for a local address that has complete ones; those that name it go first.

    Source: Cisco FlexVPN and IKEv2 Configuration Guide, IKEv2 policy: a policy without matches serves every session.
    """
    policies = [
        (policy, [line.args["address"] for line in policy.every("match address local")])
        for policy in root.every("crypto ikev2 policy")
    ]
    serving = [policy for policy, addresses in policies if local in addresses]
    serving += [policy for policy, addresses in policies if not addresses]
    for policy in serving:
        named = (root.find("crypto ikev2 proposal", line.args["name"]) for line in policy.every("proposal"))
        found = tuple(offer for node in named if node is not None and (offer := _offer(node)) is not None)
        if found:
            return found
    return (DEFAULT_PROPOSAL,)


def _offer(proposal: Node) -> IkeProposal | None:
    """Return what a proposal offers, or None where it is not complete."""
    encryption, groups = proposal.arg("encryption", "algorithms"), proposal.arg("group", "groups")
    integrity = proposal.arg("prf" if "gcm" in encryption else "integrity", "algorithms")
    if not (encryption and integrity and groups):
        return None
    return IkeProposal(
        encryption=tuple(encryption.split()),
        integrity=tuple(integrity.split()),
        groups=tuple(int(group) for group in groups.split()),
    )


def _esp(transform: Node) -> str:
    bits = transform.args.get("bits", "128")
    return f"esp-aes {bits}" if "integrity" in transform.args else f"esp-gcm {bits}"
