"""IKEv1, kept without effect here: no backend negotiates it.

Source: Cisco, Security Command Reference (crypto isakmp, crypto keyring).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.config.node import Row

if TYPE_CHECKING:
    from collections.abc import Mapping


def _encryption(args: Mapping[str, str]) -> str:
    bits = args.get("bits", "128")
    return " ".join(["encryption", args["cipher"], *([bits] if args["cipher"] == "aes" and bits != "128" else [])])


def _shared(args: Mapping[str, str]) -> str:
    mask = args.get("mask", "255.255.255.255")
    network = "" if mask == "255.255.255.255" else f" {mask}"
    return f"pre-shared-key address {args['address']}{network} key {args['key']}"


SECTIONS: Final = (
    Row(pattern="crypto keyring <name!:word>", enters="isakmp-keyring", tail="  "),
    Row(
        pattern="crypto isakmp policy <priority!:1-10000>",
        enters="isakmp-policy",
        sort=lambda args: (int(args["priority"]),),
    ),
    Row(pattern="crypto isakmp key <key:word> address <address!:ip> [<mask!:ip>]"),
    Row(
        pattern="crypto isakmp keepalive / <seconds:10-3600> [<retry:2-60>] [{mode:on-demand|periodic}]",
    ),
    Row(pattern="crypto isakmp nat keepalive / <seconds:5-3600>"),
    Row(pattern="crypto isakmp invalid-spi-recovery"),
    Row(pattern="crypto isakmp profile <name!:word>", enters="isakmp-profile"),
)
KEYRING: Final = (
    Row(pattern="description / <text:line>"),
    Row(pattern="local-address / (<address:ip> | <interface:interface>)"),
    Row(pattern="pre-shared-key address <address!:ip> [<mask:ip>] / key [0] <key:word>", text=_shared),
)
POLICY: Final = (
    Row(pattern="encryption / ({cipher:aes} [{bits:128|192|256}] | {cipher:des|3des})", text=_encryption),
    Row(pattern="hash / {hash:sha|sha256|sha384|sha512|md5}", default="hash sha"),
    Row(pattern="authentication / {method:pre-share|rsa-sig|rsa-encr}", default="authentication rsa-sig"),
    Row(pattern="group / {group:1|2|5|14|15|16|19|20|21|24}"),
    Row(pattern="lifetime / <seconds:60-86400>", default="lifetime 86400"),
)
PROFILE: Final = (
    Row(pattern="description / <text:line>"),
    Row(pattern="keyring / <name:word>"),
    Row(pattern="self-identity / {kind:address|fqdn}"),
    Row(pattern="match identity address <address!:ip> [<mask!:ip>]", tail=" "),
    Row(pattern="keepalive / <seconds:10-3600> retry <retry:2-60>"),
    Row(pattern="local-address / (<address:ip> | <interface:interface>)"),
)
