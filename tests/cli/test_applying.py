"""Which fixes `configure` makes: those whose lines the lab's own configuration holds."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from report import report_samples
from verify.sound import facts_of, lab_of

from mcastlab.cli.applying import with_commands
from mcastlab.cli.context import Context
from mcastlab.cli.main import parser
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.facts import Facts
    from mcastlab.verify.findings import Diagnosis

LAB = lab_of()


def context(*, refused: bool = False) -> Context:
    def facts() -> Facts:
        if refused:
            raise RefusedError("AWS does not tell")
        return facts_of(LAB)

    made = Context(parser().parse(["verify", "--twin"]), (), ExitStack())
    made.__dict__ |= {"lab": LAB, "connections": SimpleNamespace(facts=facts)}
    return made


def applied(fix: str, where: str, *, refused: bool = False) -> str | None:
    report = report_samples.no_mroute(LAB)
    cause: Diagnosis = report.diagnoses[0].model_copy(update={"fix": fix, "fix_where": where})
    found = with_commands(context(refused=refused), report.model_copy(update={"diagnoses": (cause,)}))
    return found.diagnoses[0].apply


GRE = LAB.sites[0].gre_interface
OSLO = "harbour/oslo-router, configuration mode"


@pytest.mark.parametrize(
    "fix",
    [
        f"interface {GRE}\n ip pim sparse-mode",
        "ip multicast-routing distributed",
        "router bgp 65010\n bgp log-neighbor-changes",
    ],
)
def test_lines_of_the_labs_own_configuration_are_applied_by_configure(fix: str) -> None:
    reported = applied(fix, OSLO)
    assert reported is not None
    assert reported.split(" ", 1)[1] == "configure --twin --site oslo"


def test_the_aws_routers_lines_are_applied_without_a_site() -> None:
    reported = applied("ip multicast-routing distributed", "harbour/aws-router, configuration mode")
    assert reported is not None
    assert reported.split(" ", 1)[1] == "configure --twin"


@pytest.mark.parametrize(
    ("fix", "where"),
    [
        ("interface GigabitEthernet9\n ip pim sparse-mode", OSLO),
        ("no ip access-group WAN in", OSLO),
        ("show ip rpf 10.255.0.10", "harbour/oslo-router, exec mode"),
        ("aws ec2 create-route", "shell"),
    ],
)
def test_other_fixes_are_typed(fix: str, where: str) -> None:
    assert applied(fix, where) is None


def test_what_was_found_is_kept_where_aws_does_not_tell() -> None:
    assert applied(f"interface {GRE}\n ip pim sparse-mode", OSLO, refused=True) is None
