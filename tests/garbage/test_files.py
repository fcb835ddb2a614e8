"""Files of the user's and of ours that hold garbage are reported by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcastlab.routers.records import Records
from mcastlab.routers.ssh.client_config import SshClientConfig
from mcastlab.routers.ssh.host_keys import pinned
from mcastlab.routers.ssh.private_keys import identity, private_key
from mcastlab_base.errors import BadInputError, RefusedError
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

OCTETS = {
    "binary": bytes(range(256)) * 4,
    "not UTF-8": b"Host \xff\xfe\n",
    "text": b"gar bage\n= =\n",
    "deep": b"[" * 100_000,
    "another shape": b'{"a": {"backup": 1}}',
    "a list": b"[1]",
}


@pytest.mark.parametrize("kind", OCTETS)
def test_a_record_of_ours_that_is_damaged_is_reported(kind: str, tmp_path: Path) -> None:
    for path in (tmp_path / "routers" / "lab--r.json", tmp_path / "under-way" / "lab.json"):
        path.parent.mkdir()
        path.write_bytes(OCTETS[kind])
    with pytest.raises(BadInputError, match=r"r\.json is damaged"):
        Records(tmp_path, "lab").ledger("r")
    with pytest.raises(BadInputError, match=r"lab\.json is damaged"):
        Records(tmp_path, "lab").under_way()


@pytest.mark.parametrize(
    "text", ["Host a\n  Port many\n", "Match exec\n", "Host a\n  ProxyCommand 'x\n", 'Host "a\n', "\x00", "Match\n"]
)
def test_a_client_configuration_that_cannot_be_read_is_reported(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    try:
        SshClientConfig(path).lookup("a")
    except BadInputError as error:
        assert str(path) in error.text  # noqa: PT017  (paramiko takes some of them)


def test_a_client_configuration_that_is_a_folder_or_not_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(OCTETS["not UTF-8"])
    for path in (tmp_path, tmp_path / "config"):
        with pytest.raises(BadInputError, match="cannot be read as an SSH client configuration"):
            SshClientConfig(path).lookup("a")


@pytest.mark.parametrize("kind", OCTETS)
def test_known_hosts_lines_that_are_none_are_left_out(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(OCTETS[kind] + b"\na ssh-rsa !!!\na ssh-rsa AAAA\n|1|x|y ssh-rsa AAAA\n")
    assert pinned(path) == ()
    with pytest.raises(RefusedError, match="cannot be read"):
        pinned(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n!!!\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    ],
)
def test_a_private_key_that_is_none_is_reported_and_not_shown(text: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="lab-router: its private key is no RSA key"):
        private_key(Secret(text), "lab-router")
    path = tmp_path / "identity"
    path.write_text(text)
    assert identity(path) is None
