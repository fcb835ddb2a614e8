"""SSH as IOS-XE offers it: users of the configuration log in by key or password and get a session."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import asyncssh

from iosxe.config.access import uses_aaa
from iosxe.config.passwords import is_secret
from iosxe.shell.session import DroppedError, Session
from iosxe.shell.terminal import Terminal
from iosxe.shell.vty import vty_of
from iosxe.shell.wire import SplitSender, slow_down
from mcastlab_base import private_files

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from asyncssh.auth import KbdIntChallenge, KbdIntResponse

    from iosxe.config.node import Node
    from iosxe.device import RouterDevice

BANNER: Final = "Cisco-1.25"
CHUNK: Final = 65536
TYPED_AHEAD_S: Final = 0.05
"""How long a router that drops what is typed ahead of its first prompt waits for it."""
SHA_1: Final = "ssh-rsa"
OLD: Final = {
    "kex_algs": ["diffie-hellman-group14-sha1"],
    "encryption_algs": ["aes128-ctr", "aes192-ctr", "aes256-ctr"],
    "mac_algs": ["hmac-sha1"],
    "signature_algs": [SHA_1],
}
"""What releases before 17 offer: SHA-1 everywhere, and no word about signatures (RFC 8308 is of 2018)."""
RSA_BITS: Final = 2048
MOST_AT_ONCE: Final = 64
"""Connections; a router has 16 lines, and each that waits to log in costs a key exchange."""


def host_key(path: Path | None = None) -> asyncssh.SSHKey:
    """Return a router's RSA host key, from a file where it is kept; the file is made where it is missing.

    Raises:
        OSError: the file cannot be read or written.
    """
    if path is not None and path.exists():
        # It was made here: to prove its numbers prime again takes longer than all else at a start.
        return asyncssh.read_private_key(str(path), unsafe_skip_rsa_key_validation=True)
    key = asyncssh.generate_private_key("ssh-rsa", key_size=RSA_BITS)
    if path is not None:
        private_files.write(path, key.export_private_key("openssh").decode())
    return key


def may_log_in(device: RouterDevice) -> bool:
    """Say whether a vty takes local users by SSH; of AAA's methods this router has the local one."""
    aaa = uses_aaa(device.running)
    return any(
        (aaa or line.arg("login", "how") == "local")
        and bool({"ssh", "all"} & set(line.arg("transport input", "protocols", "all").split()))
        for line in device.running.root.every("line vty")
    )


def _user(device: RouterDevice, name: str) -> Node | None:
    return device.running.root.find("username", name)


def knows_password(device: RouterDevice, name: str, password: str) -> bool:
    """Say whether a user of the configuration has this password."""
    user = _user(device, name)
    if user is None or not may_log_in(device):
        return False
    if "secret" in user.args:
        return is_secret(password, user.args["secret"])
    return "password" in user.args and hmac.compare_digest(user.args["password"].encode(), password.encode())


def knows_key(device: RouterDevice, name: str, key: asyncssh.SSHKey) -> bool:
    """Say whether a user's public key is in the configuration; IOS keeps its MD5 hash, and RSA keys only."""
    chain = device.running.root.find("ip ssh pubkey-chain")
    user = chain.find("username", name) if chain is not None else None
    if user is None or _user(device, name) is None or not may_log_in(device):
        return False
    digest = hashlib.md5(key.public_data, usedforsecurity=False).hexdigest().upper()
    return any(line.args["hash"] == digest for line in user.every("key-hash"))


class _Server(asyncssh.SSHServer):
    """One connection's login."""

    def __init__(self, front: SshFront) -> None:
        self._front = front
        self._device = front.device
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._front.connections.add(conn)
        if self._front.old:
            conn._send_ext_info = lambda: None  # type: ignore[method-assign]  # noqa: SLF001  (the library always says it)
        if self._front.down or len(self._front.connections) > MOST_AT_ONCE:
            conn.abort()
        elif self._device.faults.round_trip_s:
            slow_down(conn, self._device.faults.round_trip_s)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._connection is not None:
            self._front.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        del username
        return True

    def password_auth_supported(self) -> bool:
        return not self._device.faults.quirks.keyboard_interactive

    def kbdint_auth_supported(self) -> bool:
        return self._device.faults.quirks.keyboard_interactive

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> KbdIntChallenge:
        del username, lang, submethods
        return "", "", "en-US", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: KbdIntResponse) -> bool:
        return len(responses) == 1 and knows_password(self._device, username, responses[0])

    def validate_password(self, username: str, password: str) -> bool:
        return knows_password(self._device, username, password)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if self._front.old:
            # The library would take any of its own.
            key.all_sig_algorithms = {SHA_1.encode()}
        return knows_key(self._device, username, key)


class SshFront:
    """A router's SSH server on a socket that listens already."""

    def __init__(self, device: RouterDevice) -> None:
        self.device = device
        self.down = False
        """The router boots: connections are dropped at once."""
        self.old = False
        """It speaks SSH as old releases do."""
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self, sock: socket.socket, key: asyncssh.SSHKey, *, old: bool = False) -> None:
        """Accept connections from now on, with `old` as releases before 17 do."""
        self.old = old
        options: dict[str, Any] = OLD if old else {}
        self._acceptor = await asyncssh.listen(
            sock=sock,
            server_factory=lambda: _Server(self),
            server_host_keys=self._shown(key),
            server_version=BANNER,
            process_factory=self._serve,
            line_editor=False,
            encoding="utf-8",
            errors="replace",
            keepalive_interval=0,
            **options,
        )

    def _shown(self, key: asyncssh.SSHKey) -> list[asyncssh.SSHKeyPair]:
        """Return the host key with what it signs with."""
        (pair,) = asyncssh.load_keypairs([key])
        if self.old:
            pair.host_key_algorithms = (SHA_1.encode(),)
        return [pair]

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            self._acceptor = None
        await self.drop_everyone()

    def change_key(self, key: asyncssh.SSHKey) -> None:
        """Show another host key to new connections."""
        if self._acceptor is not None:
            self._acceptor.update(server_host_keys=self._shown(key))

    async def drop_everyone(self) -> None:
        """Abort every connection."""
        connections = list(self.connections)
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.wait_closed()

    async def _serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        """Run a session on a channel, on the first vty line that is free."""
        name = str(process.get_extra_info("username"))
        peer = process.get_extra_info("peername")
        connection: asyncssh.SSHServerConnection = process.get_extra_info("connection")
        line = free_line(self.device)
        if line is None:
            connection.abort()
            return
        split = SplitSender(process.channel)
        send = split.send if self.device.faults.quirks.splits else process.stdout.write
        terminal = Terminal(lambda: _receive(process), send)
        origin = str(peer[0]) if isinstance(peer, tuple) else ""
        session = Session(
            self.device, terminal, user=name, level=_level(self.device, name, line), origin=origin, line=line
        )
        self.device.sessions[line] = name
        terminal.write(self.device.faults.banner)
        if self.device.faults.drops_type_ahead:
            with suppress(TimeoutError):
                await asyncio.wait_for(_receive(process), TYPED_AHEAD_S)
        try:
            if process.command is None:
                await session.run()
            else:
                await session.once(process.command)
        except DroppedError:
            connection.abort()
        except (EOFError, BrokenPipeError, asyncssh.DisconnectError):
            process.exit(255)
        else:
            split.finish()
            process.exit(0)
        finally:
            self.device.sessions.pop(line, None)


def free_line(device: RouterDevice) -> int | None:
    """Return the lowest vty line that nobody uses, of those that the configuration has."""
    lines = (
        number
        for each in device.running.root.every("line vty")
        for number in range(int(each.args["first"]), int(each.args.get("last", each.args["first"])) + 1)
    )
    return next((number for number in sorted(lines) if number not in device.sessions), None)


def _level(device: RouterDevice, name: str, line: int) -> int:
    """Return the level of a new session: the user's, or the line's where that is higher."""
    user = _user(device, name)
    own = int(user.args.get("privilege", "1")) if user is not None else 1
    vty = vty_of(device, line)
    return max(own, int(vty.arg("privilege level", "level", "1")) if vty is not None else 1)


async def _receive(process: asyncssh.SSHServerProcess[str]) -> str:
    """Return the next characters; a window that changes its size and a break are no characters."""
    while True:
        try:
            return await process.stdin.read(CHUNK)
        except (asyncssh.TerminalSizeChanged, asyncssh.BreakReceived, asyncssh.SignalReceived):
            continue
