"""With ``--site`` nothing is asked of another site, looked up about it, or logged in to there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import yaml
from documents import of_sites
from facts_sample import facts_for
from verify.sound_cloud import cloud_of

from mcastlab.aws.commands import SsmShell
from mcastlab.cli import connections, logins, steps, targeting
from mcastlab.cli.main import main
from mcastlab.lab.design.names import remote_router_name
from mcastlab.lab_files import read_lab
from mcastlab.routers.ssh.client_config import SshClientConfig, SshHost
from mcastlab.routers.ssh.shell import SshShell
from mcastlab.verify.engine import verify
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mcastlab.lab.model import Lab, Site


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lab.yaml"
    path.write_text(yaml.safe_dump(of_sites(3)), encoding="utf-8")
    return path


@pytest.fixture
def asked(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name that anything outside is asked about, as it comes."""
    lab = read_lab(file)
    facts = replace(facts_for(lab), host_instance_ids={name: f"i-{name}" for name in lab.host_names})
    cloud = cloud_of(lab, facts)
    names: list[str] = []

    def read(_clients: object, _lab: Lab, sites: Iterable[Site]) -> Any:
        wanted = [site.name for site in sites]
        names.extend(wanted)
        return replace(facts, sites={name: facts.sites[name] for name in wanted})

    def refuse(name: str) -> NoReturn:
        names.append(name)
        raise RefusedError(f"{name} is not there")

    def look_up(_self: object, alias: str) -> SshHost:
        names.append(alias)
        nowhere = tmp_path / "none"
        return SshHost(
            alias=alias, hostname=alias, port=22, user="u", identity_file=None, known_hosts=nowhere, proxy_command=None
        )

    def known(host: SshHost, *_: object) -> bool:
        names.append(host.alias)
        return False

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(targeting, "enter", lambda *_, **__: targeting.twin_target(lab.name, None))
    monkeypatch.setattr(connections, "Clients", lambda _region: None)
    monkeypatch.setattr(connections, "SsmCommands", lambda _ssm: None)
    monkeypatch.setattr(connections.Connections, "_commands", None)
    monkeypatch.setattr(connections, "read_facts", read)
    monkeypatch.setattr(logins, "read_private_key", lambda *_: None)
    monkeypatch.setattr(connections, "observe_account", lambda *_: cloud)
    monkeypatch.setattr(connections, "observe_cloud", lambda *_: cloud)
    monkeypatch.setattr(connections, "know_at_first_use", known)
    monkeypatch.setattr(logins, "know_at_first_use", known)
    monkeypatch.setattr(logins, "pin_at_first_use", lambda host, *_: (tmp_path / "none", known(host)))
    monkeypatch.setattr(connections, "NetmikoSession", lambda login: refuse(login.router))
    monkeypatch.setattr(SsmShell, "run", lambda self, *_, **__: refuse(self.host))
    monkeypatch.setattr(SshClientConfig, "lookup", look_up)
    monkeypatch.setattr(SshShell, "run", lambda self, *_, **__: refuse(self.host))
    monkeypatch.setattr(steps, "verify", partial(verify, patience_s=0))
    return names


def names_of(lab: Lab, site: Site) -> set[str]:
    return {site.name, site.router.ssh, remote_router_name(lab, site), *(device.name for device in site.devices)}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["configure"], 3),
        (["configure", "--dry-run"], 3),
        (["configure", "--remove"], 3),
        (["drift"], 3),
        (["verify"], 1),
        (["verify", "--no-traffic"], 1),
        (["status"], 1),
        (["traffic"], 3),
    ],
)
def test_nothing_is_asked_of_another_site(words: list[str], code: int, file: Path, asked: list[str]) -> None:
    lab = read_lab(file)
    chosen, *others = lab.sites
    assert main([*words, "--lab", str(file), "--site", chosen.name]) == code
    assert names_of(lab, chosen) & set(asked)
    assert {name for site in others for name in names_of(lab, site)} & set(asked) == set()
    asked.clear()
    main([*words, "--lab", str(file)])
    assert all(names_of(lab, site) & set(asked) for site in lab.sites), "without it all of them are"


@pytest.mark.parametrize("verb", ["configure", "drift", "verify", "status", "traffic"])
def test_a_site_that_there_is_not_is_refused_before_anything_is_asked(
    verb: str, file: Path, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--lab", str(file), "--site", "atlantis"]) == 2
    assert "no site is called atlantis; there are: " in capsys.readouterr().err
    assert asked == []
