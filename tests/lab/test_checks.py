"""Design checks: sound labs pass all of them, and each finds what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from check_cases import CASES
from check_cases.case import SITE, group
from documents import LABS, lab_with

from mcastlab.lab.checks import CHECKS, Severity, check, refuse_unsound
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from check_cases.case import Case

    from mcastlab.lab.checks import Check, DesignFinding
    from mcastlab.lab.model import Lab

SOUND = (DEFAULT_LAB, *sorted(LABS.glob("*.yaml")))
QUIET_IN_EVERY_LAB = {each.name for each in CHECKS} - {
    "customer_address_is_public",
    "datagrams_fit_the_tunnels",
    "datagrams_live_long_enough",
    "senders_stand_beside_the_router",
}


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_sound_lab_has_no_error(path: Path) -> None:
    lab = read_lab(path)
    assert [finding for finding in check(lab) if finding.severity is Severity.ERROR] == []
    refuse_unsound(lab, path.name)


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_sound_lab_has_findings_only_of_sizes_ttl_and_the_workaround(path: Path) -> None:
    assert {finding.check for finding in check(read_lab(path))} & QUIET_IN_EVERY_LAB == set()


WITH_A_TEST_OF_ITS_OWN = {"stack_names_are_short_enough", "security_groups_can_be_made"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.says[:40]}")
def test_check_finds(case: Case) -> None:
    found = of_check(case.check, check(lab_with(case.change, case.base)))
    reported = [(finding.severity, finding.path, finding.text, finding.hint) for finding in found]
    assert any(
        severity is case.severity and path == case.at and case.says in text and case.hint in hint
        for severity, path, text, hint in reported
    ), reported


@pytest.mark.parametrize("each", CHECKS, ids=lambda each: each.name)
def test_check_passes_the_default_lab_and_says_what_it_is_and_who_says_so(each: Check, lab: Lab) -> None:
    assert [finding for finding in each(lab) if finding.severity is not Severity.NOTE] == []
    assert each.sentence.endswith(".")
    assert each.source


def test_every_check_has_a_failing_case() -> None:
    assert {each.name for each in CHECKS} == {case.check for case in CASES} | WITH_A_TEST_OF_ITS_OWN
    assert len({each.name for each in CHECKS}) == len(CHECKS)


def test_stack_name_beyond_cloudformations_limit_is_an_error(lab: Lab) -> None:
    found = of_check("stack_names_are_short_enough", check(lab.model_copy(update={"name": "x" * 124})))
    assert {(finding.path, finding.severity) for finding in found} == {("name", Severity.ERROR)}


def test_security_group_beyond_what_any_account_can_have_is_an_error() -> None:
    groups = [group(f"239.1.{n // 100}.{2 * (n % 100)}", name=f"g{n}x", port=5004 + n) for n in range(510)]
    found = of_check("security_groups_can_be_made", check(lab_with({"groups": groups})))
    assert {(finding.path, finding.severity) for finding in found} == {("groups", Severity.ERROR)}
    assert any("the security group of the hosts out needs 1022 rules" in finding.text for finding in found)


def many_sites(count: int) -> dict[str, Any]:
    return {
        "sites": [
            {
                "name": f"site-{n}",
                "number": n,
                "router": {
                    "ssh": f"router-{n}",
                    "asn": 64600 + n,
                    "wan": f"203.0.113.{n + 1}/24",
                    "lan": f"10.{n + 20}.0.1/24",
                },
                "devices": [{"name": f"phone-{n}", "address": f"10.{n + 20}.0.20"}],
            }
            for n in range(count)
        ]
    }


def test_quotas_are_named_with_what_to_ask_for() -> None:
    hints = [finding.hint for finding in of_check("quotas_suffice", check(lab_with(many_sites(51))))]
    assert hints == [
        f"ask for {what}, unless you have them"
        for what in (
            "51 in Service Quotas, AWS Site-to-Site VPN, Site-to-Site VPN connections per Region",
            "51 in Service Quotas, AWS Site-to-Site VPN, Customer gateways per Region",
            "105 in Service Quotas, Amazon VPC, Routes per route table",
            "157 in Service Quotas, Amazon VPC, Inbound or outbound rules per security group",
        )
    ]


def test_multicast_associations_are_counted_by_subnet() -> None:
    subnets = [{"name": f"s{n}x", "cidr": f"10.10.{n}.0/24"} for n in range(21)]
    assert (
        "takes 21 of what AWS gives 20" in of_check("quotas_suffice", check(lab_with({"vpc.subnets": subnets})))[0].text
    )


def test_sites_whose_numbers_meet_are_reported_once_and_not_by_what_follows() -> None:
    lab = lab_with({"sites.0.number": 5, "sites.1": {**SITE, "number": 5}})
    errors = [finding.check for finding in check(lab) if finding.severity is Severity.ERROR]
    assert errors == ["site_numbers_differ"]


def test_unsound_lab_is_refused_with_every_error_and_what_to_write() -> None:
    with pytest.raises(BadInputError) as caught:
        refuse_unsound(lab_with({"groups.0.address": "10.1.1.1", "amazon_asn": 1}), "lab.yaml")
    asn, address = caught.value.text.splitlines()
    assert asn.startswith("lab.yaml: amazon_asn: AWS does not take 1 for a gateway; write 64512 to 65534")
    assert address.startswith("lab.yaml: groups[paging].address: 10.1.1.1 is no multicast address; write an address")


@pytest.mark.parametrize(
    "kind", ["c7i.large", "m6in.xlarge", "r8g.large", "t3a.small", "i3.metal", "c7i-flex.large", "z1d.large"]
)
def test_newer_instance_types_are_known(kind: str) -> None:
    assert of_check("instances_are_of_nitro", check(lab_with({"hosts.0.instance_type": kind}))) == []


def of_check(name: str, findings: tuple[DesignFinding, ...]) -> list[DesignFinding]:
    return [finding for finding in findings if finding.check == name]
