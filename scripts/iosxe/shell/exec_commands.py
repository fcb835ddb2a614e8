"""Sessions, terminals, ``ping``: the exec commands that show no table and change no file."""

from __future__ import annotations

import hmac
from ipaddress import IPv4Address
from typing import Final

from iosxe.config.passwords import is_secret
from iosxe.shell import facts
from iosxe.shell.console import PRIVILEGED, USER, Args, Console, ExecCommand
from iosxe.show import system

PING_TIMEOUT_S: Final = 2
ENABLE_TRIES: Final = 3


async def _enable(console: Console, _args: Args) -> str:
    root = console.device.running.root
    hashed, plain = root.arg("enable secret", "secret"), root.arg("enable password", "password")
    if console.level == PRIVILEGED:
        return ""
    if not hashed and not plain:
        return "% No password set\n"
    for _ in range(ENABLE_TRIES):
        answer = await console.ask("Password: ", echo=False)
        if is_secret(answer, hashed) if hashed else hmac.compare_digest(answer.encode(), plain.encode()):
            console.level = PRIVILEGED
            return ""
    return "% Bad secrets\n\n"


async def _disable(console: Console, _args: Args) -> str:
    console.level = USER
    return ""


async def _leave(console: Console, _args: Args) -> str:
    console.leave()
    return ""


async def _length(console: Console, args: Args) -> str:
    console.length = int(args["lines"])
    return ""


async def _width(console: Console, args: Args) -> str:
    console.width = int(args["columns"])
    return ""


async def _monitor(console: Console, args: Args) -> str:
    console.monitor = "off" not in args
    return ""


async def _users(console: Console, _args: Args) -> str:
    lines = ["    Line       User       Host(s)              Idle       Location"]
    for number, user in sorted(console.device.sessions.items()):
        mark = "*" if number == console.line else " "
        lines.append(f"{mark}{number + 1:>3} vty {number:<5} {user:<10} idle                 00:00:00   ")
    return "\n".join([*lines, "", "  Interface    User               Mode         Idle     Peer Address", ""]) + "\n"


async def _history(console: Console, _args: Args) -> str:
    return "".join(f"  {line}\n" for line in console.history)


async def _privilege(console: Console, _args: Args) -> str:
    return f"Current privilege level is {console.level}\n"


async def _ping(console: Console, args: Args) -> str:
    source: IPv4Address | None = None
    if "interface" in args:
        source = await facts.own_address(console.device, args["interface"])
        if source is None:
            return "% Invalid source interface - IP not enabled or interface is down\n"
    elif "source" in args:
        source = IPv4Address(args["source"])
        own = {state.address.ip for state in await console.device.backend.interfaces() if state.address is not None}
        if source not in own:
            return "% Invalid source address- IP address not on any of our up interfaces\n"
    size, timeout_s = int(args.get("size", "100")), int(args.get("seconds", PING_TIMEOUT_S))
    destination, whole = IPv4Address(args["destination"]), "df-bit" in args
    result = await console.device.backend.ping(
        destination, source=source, count=int(args.get("count", "5")), size=size, timeout_s=timeout_s, whole=whole
    )
    return system.ping(destination, source, size, timeout_s, result, whole=whole)


async def _rekey(console: Console, _args: Args) -> str:
    """The simulator's own: IOS makes associations anew by their lifetimes alone."""
    await console.device.backend.rekey()
    return ""


COMMANDS: Final = (
    ExecCommand("enable [<number:1-15>]", _enable),
    ExecCommand("disable [<number:0-15>]", _disable),
    ExecCommand("exit", _leave),
    ExecCommand("logout", _leave),
    ExecCommand("quit", _leave),
    ExecCommand("terminal length <lines:0-512>", _length),
    ExecCommand("terminal width <columns:0-512>", _width),
    ExecCommand("terminal monitor", _monitor),
    ExecCommand("terminal {off:no} monitor", _monitor),
    ExecCommand("show users", _users),
    ExecCommand("show history", _history),
    ExecCommand("show privilege", _privilege),
    ExecCommand("test crypto ikev2 rekey", _rekey),
    ExecCommand(
        "ping [ip] <destination:ip> [repeat <count:1-2147483647>] [size <size:36-18024>]"
        " [source (<interface:interface> | <source:ip>)] [repeat <count:1-2147483647>] [size <size:36-18024>]"
        " [timeout <seconds:0-3600>] [{df-bit:df-bit}]",
        _ping,
    ),
)
