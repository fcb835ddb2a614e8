"""A host key at first use: a person accepts it, nobody is no acceptance, and a known one is not asked about again."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import asyncssh
import paramiko
import pytest
from documents import lab_with
from routers.served import SshBox, SshRig

from mcastlab.cli.connections import Connections
from mcastlab.render.stand_in import stand_in
from mcastlab.routers.ssh.client_config import SshHost
from mcastlab.routers.ssh.host_keys import fingerprint, know_at_first_use
from mcastlab_base.errors import BadInputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab


@pytest.fixture
def key() -> paramiko.RSAKey:
    return paramiko.RSAKey.generate(2048)


@pytest.fixture
def other_key() -> paramiko.ECDSAKey:
    return paramiko.ECDSAKey.generate()


@pytest.fixture
def host(key: paramiko.RSAKey, other_key: paramiko.ECDSAKey, tmp_path: Path) -> Iterator[SshHost]:
    """A host that shows one of its two keys to whoever connects, the elliptic one unless asked for the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            transport.add_server_key(other_key)
            try:
                transport.start_server(server=paramiko.ServerInterface())
            except (paramiko.SSHException, EOFError, OSError):
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


def test_a_person_accepts_a_key_once(host: SshHost, other_key: paramiko.ECDSAKey) -> None:
    asked: list[str] = []

    def yes(question: str) -> bool:
        asked.append(question)
        return True

    assert know_at_first_use(host, yes)
    assert not know_at_first_use(host, yes)
    assert len(asked) == 1
    assert fingerprint(other_key) in asked[0]
    assert paramiko.HostKeys(str(host.known_hosts)).check(host.known_hosts_name, other_key)


@pytest.mark.parametrize("ask", [None, lambda _: False], ids=["no terminal", "a no"])
def test_a_key_that_nobody_accepts_is_refused_with_its_fingerprint(
    host: SshHost, other_key: paramiko.ECDSAKey, ask: None
) -> None:
    with pytest.raises(RefusedError) as caught:
        know_at_first_use(host, ask)
    assert fingerprint(other_key) in caught.value.text
    assert not host.known_hosts.exists()


@pytest.mark.parametrize("name", ["key", "other_key"])
def test_the_documents_fingerprint_is_accepted_without_a_terminal(
    host: SshHost, name: str, request: pytest.FixtureRequest
) -> None:
    expected: paramiko.PKey = request.getfixturevalue(name)
    assert know_at_first_use(host, None, fingerprint(expected))
    assert not know_at_first_use(host, None, fingerprint(expected))
    known = paramiko.HostKeys(str(host.known_hosts)).lookup(host.known_hosts_name)
    assert known is not None
    assert list(known) == [expected.get_name()]
    assert known[expected.get_name()] == expected


def test_another_key_than_the_documents_is_refused_with_both_fingerprints_and_nobody_is_asked(
    host: SshHost, key: paramiko.RSAKey, other_key: paramiko.ECDSAKey
) -> None:
    expected = fingerprint(paramiko.ECDSAKey.generate())
    with pytest.raises(RefusedError) as caught:
        know_at_first_use(host, pytest.fail, expected)
    for reported in (expected, fingerprint(key), fingerprint(other_key)):
        assert reported in caught.value.text
    assert not host.known_hosts.exists()


def test_known_key_that_is_not_the_documents_is_refused_with_both(
    host: SshHost, key: paramiko.RSAKey, other_key: paramiko.ECDSAKey
) -> None:
    know_at_first_use(host, None, fingerprint(key))
    with pytest.raises(RefusedError) as caught:
        know_at_first_use(host, None, fingerprint(other_key))
    assert fingerprint(key) in caught.value.text
    assert fingerprint(other_key) in caught.value.text


def test_router_is_known_by_the_documents_fingerprint_until_its_key_changes(lab: Lab, tmp_path: Path) -> None:
    rig = SshRig(lab, tmp_path)
    try:
        box = cast("SshBox", rig.boxes["demo/lab-router"])
        box.known_hosts.unlink()
        document = box.key.get_fingerprint("sha256")
        assert know_at_first_use(box.login.host, None, document)
        box.connect().close()
        new = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        box.virtual.change_host_key(new)
        assert not know_at_first_use(box.login.host, None, document)
        with pytest.raises(RefusedError) as caught:
            box.connect()
        assert document in caught.value.text
        assert new.get_fingerprint("sha256") in caught.value.text
    finally:
        rig.close()


@pytest.mark.parametrize("text", ["SHA256:abc", "MD5:00:11", "A" * 43, "SHA256:" + "A" * 42 + "B"])
def test_what_is_no_fingerprint_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadInputError, match=r"sites\[berlin\].router.host_key: .* as `ssh-keygen -l` prints it"):
        lab_with({"sites.0.router.host_key": text})


def test_document_takes_the_fingerprints_of_routers_and_devices(key: paramiko.RSAKey) -> None:
    site = lab_with({"sites.0.router.host_key": fingerprint(key), "sites.0.devices.0.host_key": fingerprint(key)})
    assert site.sites[0].router.host_key == site.sites[0].devices[0].host_key == fingerprint(key)


@pytest.mark.parametrize("which", ["router", "devices.0"])
def test_whoever_connects_holds_to_the_documents_fingerprint(
    host: SshHost, key: paramiko.RSAKey, which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "Host berlin-router phone-1\n"
        f"  HostName {host.hostname}\n  Port {host.port}\n  User lab\n  UserKnownHostsFile {host.known_hosts}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("MCASTLAB_SSH_CONFIG", str(config))

    def connect(fingerprint_: str) -> None:
        lab = lab_with({f"sites.0.{which}.host_key": fingerprint_})
        if which == "router":
            Connections(lab).remote_routers(print)[0].connect()
        else:
            Connections(lab).shells(stand_in(lab))

    other = fingerprint(paramiko.ECDSAKey.generate())
    with pytest.raises(RefusedError) as caught:
        connect(other)
    assert other in caught.value.text
    assert fingerprint(key) in caught.value.text
    with suppress(RefusedError):  # the router that only shows its key takes no login
        connect(fingerprint(key))
    assert paramiko.HostKeys(str(host.known_hosts)).check(host.known_hosts_name, key)
