"""A host key at first use: a person accepts it, nobody is no acceptance, and a known one is not asked about again."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import paramiko
import pytest

from mcastlab.errors import RefusedError
from mcastlab.ssh.client_config import SshHost
from mcastlab.ssh.host_keys import fingerprint, know_at_first_use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def key() -> paramiko.RSAKey:
    return paramiko.RSAKey.generate(2048)


@pytest.fixture
def host(key: paramiko.RSAKey, tmp_path: Path) -> Iterator[SshHost]:
    """A host that shows its key to whoever connects."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            try:
                transport.start_server(server=paramiko.ServerInterface())
            except (paramiko.SSHException, EOFError):
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield SshHost(
        alias="far-router",
        hostname="127.0.0.1",
        port=listener.getsockname()[1],
        user="lab",
        identity_file=None,
        known_hosts=tmp_path / "ssh" / "known_hosts",
        proxy_command=None,
    )
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_person_accepts_a_key_once(host: SshHost, key: paramiko.RSAKey) -> None:
    asked: list[str] = []

    def yes(question: str) -> bool:
        asked.append(question)
        return True

    assert know_at_first_use(host, yes)
    assert not know_at_first_use(host, yes)
    assert len(asked) == 1
    assert fingerprint(key) in asked[0]
    assert paramiko.HostKeys(str(host.known_hosts)).check(host.known_hosts_name, key)


@pytest.mark.parametrize("ask", [None, lambda _: False], ids=["no terminal", "a no"])
def test_a_key_that_nobody_accepts_is_refused_with_its_fingerprint(
    host: SshHost, key: paramiko.RSAKey, ask: None
) -> None:
    with pytest.raises(RefusedError) as caught:
        know_at_first_use(host, ask)
    assert fingerprint(key) in caught.value.text
    assert not host.known_hosts.exists()
