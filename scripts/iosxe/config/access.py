"""Who may log in and how: users, SSH and its keys, lines; and the archive.

Source: Cisco, Security, Configuration Fundamentals and Network Management Command References.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.config.edit import nothing, plain, put_row
from iosxe.config.node import KEPT, Change, Config, Problem, Remark, Row, Verdict
from iosxe.config.passwords import hash_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPE_0_NOTE: Final = (
    "WARNING: Command has been added to the configuration using a type 0 password. However, recommended to migrate to "
    "strong type-6 encryption\n"
)


_OF_A_KEY: Final = frozenset({"password", "secret", "plain", "form", "sealed", "hash"})
"""What a user's line says of the one key that the user has."""


def _user_text(args: Mapping[str, str]) -> str:
    words = ["username", args["name"]]
    words += ["privilege", args["privilege"]] if args.get("privilege", "1") != "1" else []
    words += ["password 0", args["password"]] if "password" in args else []
    words += ["password", args["form"], args["sealed"]] if "sealed" in args else []
    words += ["secret", args.get("hash", "9"), args["secret"]] if "secret" in args else []
    return " ".join(words)


def _user(change: Change) -> Verdict:
    return Remark(_TYPE_0_NOTE) if not change.unset and "password" in change.args else None


def _change_user(change: Change) -> Config:
    """Add to what is known of a user; a password and a secret replace each other, a secret is kept hashed."""
    if change.unset:
        return plain(change)
    before = change.config.root.children.get(change.key)
    args = {**(before.args if before is not None else {})}
    if args.keys() & _OF_A_KEY and change.args.keys() & _OF_A_KEY:
        args = {name: text for name, text in args.items() if name not in _OF_A_KEY}
    args |= {name: text for name, text in change.args.items() if name != "plain"}
    if "plain" in change.args:
        args["secret"] = hash_secret(change.args["plain"])
    return put_row(change.config, (), change.row, args)


def _hostname(change: Change) -> Verdict:
    name = change.args.get("name", "R")
    if not (name[0].isalpha() and name.replace("-", "").replace("_", "").isalnum()):
        return Problem("% Hostname contains one or more illegal characters.\n")
    return None


def _never(_change: Change) -> Verdict:
    """Refuse what this router has no part of; only its ``no`` form is known."""
    return None if _change.unset else Problem()


USERS: Final = (
    Row(
        pattern="username <name!:word> / [privilege <privilege:0-15>]"
        " [password 0 <password:line> | password {form:6|7} <sealed:word> | password <password:line> |"
        " secret {hash:4|5|8|9} <secret:word> | secret [0] <plain:line>]",
        text=_user_text,
        check=_user,
        apply=_change_user,
    ),
)


def _enable_text(args: Mapping[str, str]) -> str:
    return f"enable secret {args.get('hash', '9')} {args['secret']}"


def _change_enable(change: Change) -> Config:
    """Keep the secret hashed."""
    if change.unset:
        return plain(change)
    secret = change.args.get("secret") or hash_secret(change.args["plain"])
    kept = {"secret": secret} | ({"hash": change.args["hash"]} if "hash" in change.args else {})
    return put_row(change.config, (), change.row, kept)


ENABLE: Final = (
    Row(
        pattern="enable secret / ({hash:4|5|8|9} <secret:word> | [0] <plain:line>)",
        text=_enable_text,
        apply=_change_enable,
    ),
    Row(pattern="enable password / [0] <password:line>", text=lambda args: f"enable password {args['password']}"),
)
SYSTEM: Final = (
    Row(pattern="version <number:word>", unset="", apply=nothing),
    Row(
        pattern="service timestamps debug / (datetime [msec] [localtime] [show-timezone] | uptime)",
        default="service timestamps debug datetime msec",
        absent="service timestamps debug datetime msec",
        on=True,
    ),
    Row(
        pattern="service timestamps log / (datetime [msec] [localtime] [show-timezone] | uptime)",
        default="service timestamps log datetime msec",
        absent="service timestamps log datetime msec",
        on=True,
    ),
    Row(pattern="platform hardware throughput level MB / {level:10|25|50|100|250|500|1000|2500|5000|10000}"),
)
NAMES: Final = (Row(pattern="hostname / <name:word>", absent="hostname Router", check=_hostname),)
BOOT: Final = (
    Row(pattern="boot-start-marker", absent="boot-start-marker", on=True, unset=""),
    Row(pattern="boot-end-marker", absent="boot-end-marker", on=True, unset=""),
)
AAA: Final = (Row(pattern="aaa new-model", absent="no aaa new-model", check=_never),)


def uses_aaa(config: Config) -> bool:
    """Say whether the configuration that the router booted from has AAA decide about logins, and no line's own."""
    return any(node.line == AAA[0].pattern for node in config.root.every(KEPT.slot))


def _key_pair(change: Change) -> Verdict:
    """Say what IOS says of a key pair that it makes; the server's host key is there already."""
    domain = change.config.root.arg("ip domain name", "name")
    if not domain:
        return Problem("% Please define a domain-name first.\n")
    bits = change.args.get("bits", "2048")
    host = change.config.root.arg("hostname", "name", "Router")
    return Remark(
        f"The name for the keys will be: {host}.{domain}\n\n"
        f"% The key modulus size is {bits} bits\n"
        f"% Generating {bits} bit RSA keys, keys will be non-exportable...\n"
        "[OK] (elapsed time was 0 seconds)\n\n"
    )


def _license(change: Change) -> Verdict:
    return (
        None if change.unset else Remark("% use 'write' command to make license boot config take effect on next boot\n")
    )


DOMAIN: Final = (
    Row(pattern="ip domain lookup", on=True),
    Row(pattern="ip domain name / <name:word>"),
    Row(
        pattern="ip domain-name / <name:word>",
        slot="ip domain name",
        text=lambda args: f"ip domain name {args['name']}",
    ),
)
FILES: Final = (Row(pattern="file prompt / {kind:quiet|noisy|alert}", default="file prompt alert"),)
KEYS: Final = (
    Row(
        pattern="crypto key generate rsa [general-keys] [modulus <bits:512-4096>]",
        unset="",
        check=_key_pair,
        apply=nothing,
    ),
)
LICENSE: Final = (
    Row(
        pattern="license boot level / {level:network-essentials|network-advantage|network-premier}"
        " [addon {addon:dna-essentials|dna-advantage|dna-premier}]",
        check=_license,
    ),
)
LOGIN: Final = (Row(pattern="login on-success log", on=True, absent="login on-success log"),)
HTTP: Final = (
    Row(pattern="ip forward-protocol nd", on=True, absent="ip forward-protocol nd"),
    Row(pattern="ip http server", absent="no ip http server"),
    Row(pattern="ip http secure-server", absent="no ip http secure-server"),
)
SSH: Final = (
    Row(pattern="ip ssh time-out / <seconds:1-120>", default="ip ssh time-out 120"),
    Row(pattern="ip ssh authentication-retries / <number:0-5>", default="ip ssh authentication-retries 3"),
    Row(pattern="ip ssh version / {version:1|2}"),
    Row(pattern="ip ssh pubkey-chain", enters="ssh-pubkey", indent=2, hollow=False),
    Row(pattern="ip scp server enable"),
)
PUBKEY: Final = (Row(pattern="username <name!:word>", enters="ssh-pubkey-user", hollow=False, bang=False),)
KEY_HASH: Final = Row(pattern="key-hash {kind!:ssh-rsa} <hash!:md5> / [<comment:line>]")
KEY_STRING: Final = Row(pattern="key-string", enters="ssh-pubkey-data", unset="")

ARCHIVE_SECTION: Final = Row(pattern="archive", enters="archive", hollow=False)
ARCHIVE: Final = (
    Row(pattern="log config", enters="archive-log", hollow=False, bang=False),
    Row(pattern="path / <url:word>"),
    Row(pattern="maximum / <number:1-14>", default="maximum 10"),
    Row(pattern="write-memory"),
    Row(pattern="time-period / <minutes:1-525600>"),
)
ARCHIVE_LOG: Final = (
    Row(pattern="logging enable"),
    Row(pattern="logging size / <number:1-1000>", default="logging size 100"),
    Row(pattern="notify syslog / [contenttype {kind:plaintext|xml}]"),
    Row(pattern="hidekeys"),
)

REDUNDANCY: Final = (Row(pattern="redundancy", enters="redundancy", unset=""),)
CONTROL_PLANE: Final = (Row(pattern="control-plane", enters="control-plane", unset=""),)

BANNER_END: Final = "^C"
"""How IOS writes the delimiter of a banner, whatever it was entered with."""

BANNER: Final = Row(
    pattern="banner {kind!:exec|incoming|login|motd|prompt-timeout} / <text:line>",
    slot="banner",
    text=lambda args: f"banner {args['kind']} {BANNER_END}{args['text']}{BANNER_END}",
)
"""Its text is anything up to the delimiter, over many lines. Source: Cisco IOS Configuration Fundamentals Command
Reference, banner motd."""
PROMPT: Final = Row(pattern="prompt / <template:line>")
LINES: Final = (
    Row(pattern="line con <first!:0-0>", slot="line con", enters="line-console", unset="", bang=False),
    Row(pattern="line aux <first!:0-0>", slot="line aux", enters="line-console", unset="", bang=False),
    Row(pattern="line vty <first!:0-98> [<last!:0-98>]", slot="line vty", enters="line-vty", bang=False),
)
_LINE: Final = (
    Row(pattern="exec-timeout / <minutes:0-35791> [<seconds:0-2147483>]", default="exec-timeout 10 0"),
    Row(pattern="privilege level / <level:0-15>", default="privilege level 1"),
    Row(pattern="logging synchronous"),
    Row(pattern="exec prompt timestamp"),
    Row(pattern="history size / <lines:0-256>", default="history size 20"),
    Row(pattern="session-timeout / <minutes:0-35791>"),
    Row(pattern="password / <password:line>"),
)
LINE_CONSOLE: Final = (
    *_LINE,
    Row(pattern="login / [{how:local}]"),
    Row(pattern="stopbits / {number:1|2}"),
)
LINE_VTY: Final = (
    *_LINE,
    Row(pattern="login / [{how:local}]", on=True, default="login", absent="login"),
    Row(pattern="access-class <acl:word> {direction!:in|out}", unset="access-class [<acl:word>] {direction!:in|out}"),
    Row(pattern="length / <lines:0-512>", default="length 24"),
    Row(pattern="transport input / {protocols:all|none|ssh|telnet}+"),
    Row(pattern="transport output / {protocols:all|none|ssh|telnet}+"),
)
