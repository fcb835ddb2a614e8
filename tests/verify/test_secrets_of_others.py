"""Secrets that somebody else has on a router are in no form of a verification's report, and what it needs is."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from ios.secret_forms import FREE_TEXT, SECRET_LINES
from rich.console import Console
from verify.sound import lab_of, sound
from verify.test_observe import LAB, SOUND, session, sources

from mcastlab.ios.configuration import paths
from mcastlab.ios.secrets import masked
from mcastlab.report.json_form import as_json
from mcastlab.report.junit import as_junit
from mcastlab.report.page import page
from mcastlab.report.terminal import show
from mcastlab.verify.engine import verify
from mcastlab.verify.observe.lab import Sources, observe
from mcastlab.verify.observe.routers import RUNNING, observe_router

if TYPE_CHECKING:
    from mcastlab.facts import Facts
    from mcastlab.ports import RouterSession
    from mcastlab.verify.report import VerificationReport

BELOW = "".join(f"{line}\n" for line in SECRET_LINES if line.startswith(" "))
TOP = "".join(f"{line}\n" for line in SECRET_LINES if not line.startswith((" ", "banner")))
IN_USE = f"""\
{TOP}{FREE_TEXT}interface Dialer1
{BELOW}!
crypto keyring OTHERS
{BELOW}!
router bgp 65010
{BELOW}!
crypto ikev2 keyring OTHERS
 peer far
{BELOW}!
ip access-list standard OTHERS
 10 remark SECRET
 10 permit 10.1.0.0, wildcard bits 0.0.255.255
line vty 0 4
 password 7 SECRET
end
"""


def in_use() -> Sources:
    """Return ways to a lab whose routers hold every kind of secret, and say some of them where nobody asked."""
    assert SOUND.cloud is not None
    sound_ones = sources(SOUND.cloud)

    def router(name: str, facts: Facts | None) -> RouterSession:
        made = sound_ones.router(name, facts)
        answers = made.answers  # type: ignore[attr-defined]
        answers[RUNNING] = [answers[RUNNING][0].removesuffix("end\n") + IN_USE]
        answers["show version"] = ["%PARSER-5-CFGLOG_LOGGEDCMD: User:a  logged command:enable secret SECRET\n"]
        answers["show ip igmp groups"] = ["snmp-server community SECRET\n"]
        return made

    return Sources(
        account=sound_ones.account,
        facts=sound_ones.facts,
        cloud=sound_ones.cloud,
        router=router,
        shells=sound_ones.shells,
    )


@pytest.fixture(scope="module")
def report() -> VerificationReport:
    """Return the report of such a lab."""
    return verify(LAB, in_use(), progress=lambda _: None, patience_s=0)


def test_no_form_of_the_report_has_a_secret(report: VerificationReport) -> None:
    terminal = Console(file=StringIO(), record=True, width=120)
    show(terminal, report)
    for text in (as_json(report), page(report, LAB), as_junit(report), terminal.export_text()):
        assert "SECRET" not in text.replace("SECRETGROUP", "")
        assert "k3y_nobody_sees" not in text


def test_no_value_of_the_look_has_a_secret() -> None:
    seen = observe(LAB, in_use(), progress=lambda _: None)
    for view in seen.routers.values():
        assert "SECRET" not in repr(view).replace("SECRETGROUP", "")
        assert not [path for path in paths(view.tree) if "SECRET" in path[-1].replace("SECRETGROUP", "")]


def test_what_the_lab_has_and_what_decides_stays_readable(report: VerificationReport) -> None:
    shown = report.configurations["harbour/oslo-router"]
    assert "interface Tunnel101\n" in shown
    assert "  pre-shared-key ***\n" in shown
    assert "\n permit 10.1.0.0, wildcard bits 0.0.255.255\n" in shown.replace(" 10 permit", " permit")
    for absent in ("line vty", "snmp-server", "tacacs", "crypto isakmp", "crypto keyring", "username"):
        assert absent not in shown
    assert "more at the top, which the lab does not look at" in shown


def test_masked_lines_are_what_the_checks_read() -> None:
    view = observe_router(session(), site="oslo", rpf_of=(), pings={"underlay": "ping"})
    expected = sound(lab_of()).remote_router(LAB.sites[0])
    assert expected is not None
    assert view.tree == expected.tree
    assert all(masked(line.text) == line.text for line in paths(view.tree).values())
