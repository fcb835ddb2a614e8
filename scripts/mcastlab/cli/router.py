"""``router serve``: virtual IOS-XE routers alone on loopback, to practise on or to test against."""

from __future__ import annotations

import ctypes.util
import importlib
import socket
from typing import TYPE_CHECKING, Final

from iosxe.faults import fault_of
from mcastlab.errors import BadInputError, ExitCode
from mcastlab.places import virtual_router_key

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from iosxe.faults import Fault

LOOPBACK: Final = "127.0.0.1"


def run(arguments: argparse.Namespace) -> int:
    """Serve until somebody interrupts."""
    _import_ssh()
    sockets = [_socket(arguments.port + number if arguments.port else 0) for number in range(arguments.count)]
    serving = importlib.import_module("iosxe.serving")
    practice = serving.Practice(
        platform=arguments.platform,
        interfaces=arguments.interfaces,
        user=arguments.user,
        password=arguments.password,
        configuration=_text(arguments.config) if arguments.config is not None else "",
        faults=tuple(_fault(text) for text in arguments.fault),
        round_trip_s=arguments.rtt / 1000,
    )
    serving.serve(practice, sockets, virtual_router_key(), lambda line: print(line, flush=True))
    return ExitCode.OK


def _import_ssh() -> None:
    """Import the SSH library without its search for others.

    It looks for liboqs and nettle by asking the linker and the compiler, for algorithms that IOS-XE has not; that is
    a good part of the time until a router is ready.
    """
    search = ctypes.util.find_library

    def found_nothing(name: str) -> None:
        del name

    ctypes.util.find_library = found_nothing
    try:
        importlib.import_module("asyncssh")
    finally:
        ctypes.util.find_library = search


def _socket(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise BadInputError(
            f"port {port} of {LOOPBACK} cannot be taken: {error.strerror}", hint="0 takes a free one"
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} cannot be read: {error}", hint="--config names a text of IOS commands") from None


def _fault(text: str) -> Fault:
    try:
        return fault_of(text)
    except ValueError as error:
        raise BadInputError(str(error), hint="for example: --fault 'drop-before@configure confirm'") from None
