"""``router serve``: virtual IOS-XE routers alone on loopback, to practise on or to test against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from mcastlab.cli.arguments import Verb, option
from mcastlab.cli.numbers import LAST_PORT, TCP_PORT, number
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    import socket

    from mcastlab.cli.context import Context

LOOPBACK: Final = "127.0.0.1"


class ServeVerb(Verb):
    """Serve SSH on loopback until interrupted."""

    examples: ClassVar = ("router serve --port 0 --count 3", "router serve --port 0 --fault refuse@12")

    port: int = option("--port", type=TCP_PORT, required=True, help="First TCP port on 127.0.0.1 (0: a free one)")
    config: Path | None = option("--config", type=Path, metavar="FILE", help="Start-up configuration")
    count: int = option(
        "--count",
        type=number(int, 1, 1000),
        default=1,
        metavar="N",
        help="Number of routers, on consecutive ports (default: 1)",
    )
    interfaces: int = option(
        "--interfaces",
        type=number(int, 1, 32),
        default=3,
        metavar="N",
        help="Number of GigabitEthernet interfaces (default: 3)",
    )
    platform: Literal["c8000v", "csr1000v"] = option(
        "--platform", choices=("c8000v", "csr1000v"), default="c8000v", help="Platform (default: c8000v)"
    )
    user: str = option("--user", default="lab", help="User name (default: lab)")
    password: str = option("--password", default="lab", help="Password (default: lab)")
    rtt: float = option(
        "--rtt",
        type=number(float, 0, 60_000),
        default=0.0,
        metavar="MS",
        help="Delay of every answer in milliseconds (default: 0)",
    )
    fault: tuple[str, ...] = option(
        "--fault",
        default=(),
        action="append",
        metavar="KIND@WHERE",
        help="Fault at a line or command, for example refuse@12",
    )

    def __call__(self, _context: Context) -> int:
        from mcastlab.places import virtual_router_key

        _import_ssh()
        sockets = [_socket(self.port + number if self.port else 0) for number in range(self.count)]
        from iosxe import serving

        practice = serving.Practice(
            platform=self.platform,
            interfaces=self.interfaces,
            user=self.user,
            password=self.password,
            configuration=_text(self.config) if self.config is not None else "",
            faults=tuple(_fault(text) for text in self.fault),
            round_trip_s=self.rtt / 1000,
        )
        serving.serve(practice, sockets, virtual_router_key(), lambda line: print(line, flush=True))
        return ExitCode.OK


class RouterVerb(Verb):
    """Run virtual IOS-XE routers alone."""

    rank: ClassVar = 150
    verbs: ClassVar = {"serve": ServeVerb}


def _import_ssh() -> None:
    """Import the SSH library without its search for others.

    It looks for liboqs and nettle by asking the linker and the compiler, for algorithms that IOS-XE has not; that is
    a good part of the time until a router is ready.
    """
    import ctypes.util
    import importlib

    search = ctypes.util.find_library

    def found_nothing(name: str) -> None:
        del name

    ctypes.util.find_library = found_nothing
    try:
        importlib.import_module("asyncssh")
    finally:
        ctypes.util.find_library = search


def _socket(port: int) -> socket.socket:
    import socket

    try:
        return socket.create_server((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else f"the last one is {LAST_PORT}"
        raise BadInputError(f"port {port} of {LOOPBACK} cannot be taken: {why}", hint="0 takes a free one") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} cannot be read: {error}", hint="--config names a text of IOS commands") from None


def _fault(text: str) -> Any:
    from iosxe.faults import fault_of

    try:
        return fault_of(text)
    except ValueError as error:
        raise BadInputError(str(error), hint="for example: --fault 'drop-before@configure confirm'") from None
