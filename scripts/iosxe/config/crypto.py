"""IKEv2 and IPsec.

Source: Cisco, Security Command Reference (crypto ikev2, crypto ipsec). Wording of refusals for references that do
not exist, other than that of the transform set, is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.config.interfaces import all_interfaces
from iosxe.config.node import Change, Problem, Remark, Row, Verdict
from iosxe.config.type6 import hide_all, keep_key, reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PROPOSAL_NOTE: Final = (
    "IKEv2 proposal MUST either have a set of an encryption algorithm other than aes-gcm, an integrity algorithm and "
    "a DH group configured or \n encryption algorithm aes-gcm, a prf algorithm and a DH group configured\n"
)
_POLICY_NOTE: Final = "IKEv2 policy MUST have atleast one complete proposal attached\n"
_PROFILE_NOTE: Final = (
    "IKEv2 profile MUST have:\n"
    "   1. A local and a remote authentication method.\n"
    "   2. A match identity or a match certificate or match any statement.\n"
)
_GROUPS: Final = "{groups:1|2|5|14|15|16|19|20|21|24}"


def _users(change: Change, section: str, slot: str, name: str) -> list[str]:
    """Return the sections of a kind that refer to a name."""
    return [
        node.line
        for key, node in change.config.root.children.items()
        if key[0] == section and any(line.args.get("name") == name for line in node.every(slot))
    ]


def _section(note: str, user: str = "", slot: str = "") -> Callable[[Change], Verdict]:
    """Print a note where the section is new; refuse to remove it while another refers to it."""

    def check(change: Change) -> Verdict:
        if change.unset:
            users = _users(change, user, slot, change.args["name"]) if user else []
            return Problem(f"% Cannot remove {change.args['name']}: used by {users[0]}\n") if users else None
        return Remark(note) if note and change.key not in change.config.root.children else None

    return check


def _ipsec_profile(change: Change) -> Verdict:
    if not change.unset:
        return None
    users = [
        name
        for name, node in all_interfaces(change.config).items()
        if node.arg("tunnel protection ipsec profile", "profile") == change.args["name"]
    ]
    return Problem(f"% Cannot remove {change.args['name']}: used by interface {users[0]}\n") if users else None


def _refers(slot: str, text: str) -> Callable[[Change], Verdict]:
    """Refuse a name that no section of `slot` has."""

    def check(change: Change) -> Verdict:
        name = change.args.get("name", "")
        missing = not change.unset and change.config.root.find(slot, name) is None
        return Problem(text.format(name=name)) if missing else None

    return check


def _transform_text(args: Mapping[str, str]) -> str:
    bits = args.get("bits", "")
    if "integrity" not in args:
        return f"crypto ipsec transform-set {args['name']} esp-gcm {bits}"
    key = f" {bits}" if bits not in {"", "128"} else ""
    return f"crypto ipsec transform-set {args['name']} esp-aes{key} {args['integrity']}"


def _pre_shared_key(args: Mapping[str, str]) -> str:
    """Write a key without the 0 that says that it is in clear, or hidden behind a 6."""
    key = f"6 {args['hidden']}" if "hidden" in args else args["key"]
    return " ".join(("pre-shared-key", *filter(None, (args.get("side"), key))))


def _hidden_key(change: Change) -> Verdict:
    """Refuse a type 6 form that hides nothing."""
    hidden = change.args.get("hidden")
    return Problem("% Invalid encrypted key\n") if hidden is not None and reveal(hidden) is None else None


SECTIONS: Final = (
    Row(
        pattern="crypto ikev2 proposal <name!:word>",
        enters="ikev2-proposal",
        tail=" ",
        check=_section(_PROPOSAL_NOTE, "crypto ikev2 policy", "proposal"),
    ),
    Row(pattern="crypto ikev2 policy <name!:word>", enters="ikev2-policy", tail=" ", check=_section(_POLICY_NOTE)),
    Row(
        pattern="crypto ikev2 keyring <name!:word>",
        enters="ikev2-keyring",
        check=_section("", "crypto ikev2 profile", "keyring local"),
    ),
    Row(
        pattern="crypto ikev2 profile <name!:word>",
        enters="ikev2-profile",
        check=_section(_PROFILE_NOTE, "crypto ipsec profile", "set ikev2-profile"),
    ),
)
PASSWORDS: Final = (Row(pattern="password encryption aes", apply=hide_all),)
GLOBALS: Final = (Row(pattern="crypto ikev2 dpd / <interval:10-3600> <retry:2-60> {mode:on-demand|periodic}"),)
IPSEC: Final = (
    Row(
        pattern="crypto ipsec security-association replay window-size / {size:64|128|256|512|1024}",
        default="crypto ipsec security-association replay window-size 64",
    ),
    Row(
        pattern="crypto ipsec transform-set <name!:word> / (esp-gcm {bits:128|192|256} | esp-aes [{bits:128|192|256}]"
        " {integrity:esp-sha-hmac|esp-sha256-hmac|esp-sha384-hmac|esp-sha512-hmac})",
        enters="transform-set",
        tail=" ",
        check=_section("", "crypto ipsec profile", "set transform-set"),
        text=_transform_text,
    ),
    Row(
        pattern="crypto ipsec fragmentation / {when:before-encryption|after-encryption}",
        default="crypto ipsec fragmentation before-encryption",
    ),
    Row(pattern="crypto ipsec df-bit / {value:clear|copy|set}", default="crypto ipsec df-bit copy"),
    Row(pattern="crypto ipsec profile <name!:word>", enters="ipsec-profile", check=_ipsec_profile),
)


PROPOSAL: Final = (
    Row(pattern="encryption / {algorithms:aes-cbc-128|aes-cbc-192|aes-cbc-256|aes-gcm-128|aes-gcm-256|3des|des}+"),
    Row(pattern="prf / {algorithms:md5|sha1|sha256|sha384|sha512}+"),
    Row(pattern="integrity / {algorithms:md5|sha1|sha256|sha384|sha512}+"),
    Row(pattern=f"group / {_GROUPS}+"),
)
POLICY: Final = (
    Row(pattern="match fvrf / {vrf:any}"),
    Row(pattern="match address local <address!:ip>"),
    Row(
        pattern="proposal <name!:word>",
        check=_refers("crypto ikev2 proposal", "% Error: IKEv2 proposal {name} does not exist\n"),
    ),
)
KEYRING: Final = (Row(pattern="peer <name!:word>", enters="ikev2-peer"),)
PEER: Final = (
    Row(pattern="description / <text:line>"),
    Row(pattern="address / <address:ip> [<mask:ip>]"),
    Row(
        pattern="pre-shared-key / (6 <hidden:word> | [0] <key:word>)",
        text=_pre_shared_key,
        check=_hidden_key,
        apply=keep_key,
    ),
    Row(
        pattern="pre-shared-key {side!:local|remote} / (6 <hidden:word> | [0] <key:word>)",
        text=_pre_shared_key,
        check=_hidden_key,
        apply=keep_key,
    ),
)
PROFILE: Final = (
    Row(pattern="description / <text:line>"),
    Row(pattern="match fvrf / {vrf:any}"),
    Row(pattern="match address local (<address!:ip> | interface <interface!:interface>)"),
    Row(pattern="match identity remote (any | address <address!:ip> [<mask!:ip>])", tail=" "),
    Row(pattern="identity local / address <address:ip>"),
    Row(pattern="authentication remote / {method:pre-share}"),
    Row(pattern="authentication local / {method:pre-share}"),
    Row(
        pattern="keyring local / <name:word>",
        check=_refers("crypto ikev2 keyring", "% Error: IKEv2 keyring {name} does not exist\n"),
    ),
    Row(pattern="lifetime / <seconds:120-86400>", default="lifetime 86400"),
    Row(pattern="dpd / <interval:10-3600> <retry:2-60> {mode:on-demand|periodic}"),
)
TRANSFORM: Final = (Row(pattern="mode / {mode:tunnel|transport}", absent="mode tunnel", default="mode tunnel"),)
IPSEC_PROFILE: Final = (
    Row(pattern="description / <text:line>"),
    Row(
        pattern="set security-association lifetime seconds / <seconds:120-2592000>",
        default="set security-association lifetime seconds 3600",
    ),
    Row(pattern="set security-association replay window-size / {size:64|128|256|512|1024}"),
    Row(
        pattern="set transform-set / <name:word>",
        check=_refers("crypto ipsec transform-set", 'ERROR: transform set with tag "{name}" does not exist.\n'),
        tail=" ",
    ),
    Row(pattern="set pfs / {group:group1|group2|group5|group14|group15|group16|group19|group20|group21|group24}"),
    Row(pattern="set isakmp-profile / <name:word>"),
    Row(
        pattern="set ikev2-profile / <name:word>",
        check=_refers("crypto ikev2 profile", "% Error: IKEv2 profile {name} does not exist\n"),
    ),
)
