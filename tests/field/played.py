"""Cases that a sentence judges, played by virtual routers: sessions, pushes, masking, and what a router boots from."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Final

import pytest
from routers.rig import STARTUP, Box, Desk, MemorySession, Rig, by_hand
from routers.served import HANGS_AFTER_S, SshRig
from routers.test_conflicts import reported as conflicts_reported
from routers.test_owners_vpn import OWNERS
from verify.sound import sound, with_router

from iosxe.config.interfaces import all_interfaces
from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from iosxe.shell.session import Session
from mcastlab.ios.configuration import as_text, parse, paths, section, shown_configuration
from mcastlab.ios.rp_mapping import rp_of
from mcastlab.ios.secrets import masked
from mcastlab.ios.show.multicast import pim_neighbors, rp_mappings
from mcastlab.routers.push_report import Side
from mcastlab.routers.router import digest
from mcastlab.verify.checks import run_checks
from mcastlab.verify.checks.check import CheckKey
from mcastlab.verify.findings import Verdict
from mcastlab.verify.observe.routers import observe_router
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from field.field_cases import FieldCase

    from mcastlab.lab.model import Lab
    from mcastlab.routers.push_report import PushReport

FAR: Final = "demo/lab-router"
SLOW_S: Final = 0.8
"""16 s where 30 s without an octet are waited for, on the scale of a test that waits 1.5 s."""
PROPOSAL: Final = "crypto ikev2 proposal PROD\n encryption aes-cbc-128\n integrity sha256\n group 19\n"
NEIGHBOURS: Final = "show ip pim neighbor"


def with_owners(lab: Lab, folder: Path, text: str) -> Rig:
    """Return a lab whose remote router boots from an owner's lines besides, and keeps what it does not know."""
    rig = Rig(lab, folder)
    rig.boxes[FAR].close()
    startup = text.removesuffix("end\n") + STARTUP.format(name="lab-router")
    rig.boxes[FAR] = Box(name=FAR, startup=startup, keeps_text=True)
    return rig


def goes_there_and_back(rig: Rig) -> PushReport:
    """Push, push again and remove; return the first report."""
    before = rig.texts()
    report = rig.push()
    assert {each.side for each in report.routers} == {Side.NEW}, report.as_text()
    assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}
    removed = rig.push(remove=True)
    assert removed.exit_code is ExitCode.OK, removed.as_text()
    assert rig.texts() == before
    return report


def a_name_that_is_cut(case: FieldCase, lab: Lab, folder: Path) -> None:
    in_exec, in_configuration = (line.partition(":")[2].strip() for line in case.text.splitlines())
    with closing(SshRig(lab, folder)) as rig:
        by_hand(rig.boxes[FAR], f"hostname {in_exec.removesuffix('#')}")
        shell = Session(rig.boxes[FAR].virtual.device, Desk(), user="lab", level=15)
        assert shell.prompt == in_exec
        shell.configure()
        assert shell.prompt == in_configuration
        goes_there_and_back(rig)


def a_banner_like_a_prompt(case: FieldCase, lab: Lab, folder: Path) -> None:
    with closing(SshRig(lab, folder, startup=case.text + STARTUP)) as rig:
        assert case.text in rig.texts()[FAR]
        goes_there_and_back(rig)


def slow_answers(case: FieldCase, lab: Lab, folder: Path) -> None:
    commands = ("show ip rpf", "show ip pim rp mapping")
    assert all(command in case.text for command in commands)
    addresses = [IPv4Address(f"10.0.0.{number}") for number in range(1, 4)]
    with closing(SshRig(lab, folder)) as rig:
        box: Any = rig.boxes[FAR]
        box.read_timeout_s = HANGS_AFTER_S
        assert SLOW_S < box.read_timeout_s < SLOW_S * len(addresses)
        box.virtual.faults.quirks.slow_s = dict.fromkeys(commands, SLOW_S)
        session = box.connect()
        seen = observe_router(session, site="lab", fields=frozenset({"rp_mappings"}), rpf_of=addresses)
        session.close()
        assert list(seen.rpf) == addresses
        assert seen.unread == {}


def octets_apart(case: FieldCase, lab: Lab, folder: Path) -> None:
    description = case.text.strip()
    assert len(description.encode()) > len(description)
    digests = set()
    with closing(SshRig(lab, folder)) as rig:
        box = rig.boxes[FAR]
        by_hand(box, "interface Loopback77", description)
        for splits in (False, True):
            box.virtual.faults.quirks.splits = splits
            session = box.connect()
            tree = parse(session.show("show running-config"))
            session.close()
            assert ("interface Loopback77", description) in paths(tree)
            digests.add(digest(tree))
    assert len(digests) == 1


def a_stamp(case: FieldCase, lab: Lab, folder: Path) -> None:
    assert as_text(parse(case.text)) == "hostname lab-router\n"
    startup = STARTUP.replace(" login local", " exec prompt timestamp\n login local")
    with closing(Rig(lab, folder, startup=startup)) as rig:
        session = rig.boxes[FAR].connect()
        assert session.show("show running-config").startswith("Load for five secs")
        session.close()
        assert rig.push().exit_code is ExitCode.OK
        assert rig.records.ledger(FAR).displaced == ()
        assert rig.push(remove=True).exit_code is ExitCode.OK
        goes_there_and_back(rig)


class MisreadSession(MemorySession):
    """A session that shows neighbours of which none can have such an address."""

    shown = ""

    def show_all(self, *commands: str) -> tuple[str, ...]:
        answers = super().show_all(*commands)
        pairs = zip(commands, answers, strict=True)
        return tuple(self.shown if command == NEIGHBOURS else answer for command, answer in pairs)


def an_answer_that_cannot_be_read(case: FieldCase, lab: Lab, folder: Path) -> None:
    # The log line is no part of the answer, and what stands in a row is.
    assert [str(each.address) for each in pim_neighbors(case.text)] == ["10.200.0.1"]
    MisreadSession.shown = case.text.replace("10.200.0.1 ", "10.200.0.999 ")
    with closing(Rig(lab, folder)) as rig:
        before = rig.texts()
        for name, box in rig.boxes.items():
            connect, box.connect = box.connect, partial(MisreadSession, box)  # type: ignore[method-assign]
            with pytest.raises(RefusedError, match=f"{name}: cannot read {NEIGHBOURS}: '10.200.0.999") as refused:
                rig.push()
            box.connect = connect  # type: ignore[method-assign]
            assert refused.value.exit_code is ExitCode.REFUSED
            assert rig.texts() == before


def a_certificate_in_nvram(case: FieldCase, lab: Lab, folder: Path) -> None:
    assert section(parse(case.text), "interface GigabitEthernet1") is not None
    with closing(with_owners(lab, folder, case.text)) as rig:
        assert "nvram:IOS-Self-Sig#1.cer" in rig.texts()[FAR]
        goes_there_and_back(rig)


def neighbours_that_are_not_active_by_default(case: FieldCase, lab: Lab, folder: Path) -> None:
    with closing(with_owners(lab, folder, case.text)) as rig:
        report = goes_there_and_back(rig)
        sent = [line.strip() for each in report.routers if each.router == FAR for line in each.lines]
        assert {f"neighbor 169.254.{octet}.1 activate" for octet in (10, 11)} <= set(sent)


def a_learnt_rendezvous_point(case: FieldCase, lab: Lab, folder: Path) -> None:
    del folder
    right = case.right["rendezvous_point_of_239_1_1_1"]
    mappings = rp_mappings(case.text)
    ours = parse("ip access-list standard MCASTLAB-GROUPS\n permit 239.1.1.1\n")
    assert str(rp_of(mappings, ours, IPv4Address("239.1.1.1"))) == right
    (reported,) = conflicts_reported(lab, "hostname r\n", case.text)
    assert f"{right} is the rendezvous point of 239.1.1.1" in reported
    found = run_checks(with_router(sound(), "oslo", lambda view: replace(view, rp_mappings=mappings)))
    assert CheckKey.RENDEZVOUS_POINT in {each.key for each in found.results if each.verdict is Verdict.FAILS}
    assert any(f"has the rendezvous point {right}" in each.sentence for each in found.diagnoses)


def interfaces_in_a_vrf(case: FieldCase, lab: Lab, folder: Path) -> None:
    with closing(with_owners(lab, folder, case.text)) as rig:
        before = rig.texts()
        with pytest.raises(RefusedError) as refused:
            rig.push()
        for interface, vrf in (("GigabitEthernet1", "INET"), ("GigabitEthernet3", "LAN")):
            assert f"{FAR}: {interface} is in the VRF {vrf}" in refused.value.text
        assert refused.value.exit_code is ExitCode.REFUSED
        assert rig.texts() == before


def a_policy_for_any_address(case: FieldCase, lab: Lab, folder: Path) -> None:
    vpn_from_the_wan = OWNERS.format(policy="", source="GigabitEthernet1")
    for number, (text, before) in enumerate(
        ((f"{PROPOSAL}{case.text}", "'crypto ikev2 policy PROD'"), (vpn_from_the_wan, "IOS's default policy"))
    ):
        with closing(with_owners(lab, folder / str(number), text)) as rig:
            report = goes_there_and_back(rig)
            (note,) = next(each.notes for each in report.routers if each.router == FAR)
            assert f"takes 'crypto ikev2 policy MCASTLAB' from now on, not {before} " in note


def secrets(case: FieldCase, lab: Lab, folder: Path) -> None:
    del lab, folder
    lines = case.text.splitlines()
    assert all("SECRET" in line for line in lines)
    assert [line for line in lines if "SECRET" in masked(line)] == []
    assert "SECRET" not in shown_configuration(case.text)


def a_banner_like_commands(case: FieldCase, lab: Lab, folder: Path) -> None:
    del lab, folder
    router = VirtualRouter("r", "c8000v", ("GigabitEthernet1",), MemoryBackend())

    async def boot() -> None:
        assert await router.load(case.text) == ()
        await router.close()

    asyncio.run(boot())
    assert router.device.hostname == "A"
    assert list(all_interfaces(router.device.running)) == ["GigabitEthernet1"]
    assert case.text[case.text.index("banner") :].removesuffix("end\n") in router.running_config


PLAYERS: Final[dict[str, Callable[[FieldCase, Lab, Path], None]]] = {
    "session_hostname21": a_name_that_is_cut,
    "session_banner_prompt": a_banner_like_a_prompt,
    "session_slow_answers": slow_answers,
    "session_utf8": octets_apart,
    "push_stamp": a_stamp,
    "push_unreadable_crash": an_answer_that_cannot_be_read,
    "push_certificate_nvram": a_certificate_in_nvram,
    "push_bgp_no_default": neighbours_that_are_not_active_by_default,
    "push_dynamic_rp": a_learnt_rendezvous_point,
    "push_front_door_vrf": interfaces_in_a_vrf,
    "push_ikev2_policy": a_policy_for_any_address,
    "masked_secrets": secrets,
    "serve_banner": a_banner_like_commands,
}
"""By the id of a case, what plays it and asserts what its `right` says."""
