"""Which way a sandbox is made, decided from facts: each lack is named with what to do about it."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from mcastlab_base.errors import RefusedError
from mcastlab_twin.sandbox import machine as probing
from mcastlab_twin.sandbox.machine import Machine, decide, inspect

USER = Machine(
    linux=True,
    root=False,
    user="ann",
    missing_programs=(),
    tun=True,
    subordinate_ids=True,
    forbidding_settings=(),
    unshare_refusal="",
)
ROOT = replace(USER, root=True, user="root")


def test_an_ordinary_user_gets_a_user_namespace_and_root_needs_none() -> None:
    assert decide(USER).user_namespace
    assert "user ann" in decide(USER).why
    assert not decide(ROOT).user_namespace
    assert "as root" in decide(ROOT).why


@pytest.mark.parametrize(
    ("machine", "says", "hint"),
    [
        (replace(USER, linux=False), "Linux network namespaces", "virtual machine"),
        (replace(USER, missing_programs=("newuidmap",)), "newuidmap", "apt-get install uidmap"),
        (replace(ROOT, missing_programs=("bird", "tini")), "tini, bird", "apt-get install bird2 tini"),
        (replace(USER, tun=False), "/dev/net/tun", "modprobe tun"),
        (replace(USER, subordinate_ids=False), "/etc/subuid", "usermod --add-subuids"),
        (
            replace(
                USER,
                forbidding_settings=("kernel.apparmor_restrict_unprivileged_userns = 1",),
                unshare_refusal="unshare: Operation not permitted",
            ),
            "kernel.apparmor_restrict_unprivileged_userns = 1",
            "sudo",
        ),
        (replace(USER, unshare_refusal="unshare: Operation not permitted"), "Operation not permitted", "sudo"),
        (
            replace(USER, kernel_lacks=("CONFIG_VETH", "CONFIG_NF_TABLES_BRIDGE")),
            "CONFIG_VETH, CONFIG_NF_TABLES_BRIDGE",
            "modprobe",
        ),
        (replace(ROOT, unshare_refusal="unshare: Operation not permitted"), "root may not", "CAP_SYS_ADMIN"),
    ],
)
def test_what_lacks_is_named_with_what_to_do(machine: Machine, says: str, hint: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decide(machine)
    assert says in caught.value.text
    assert hint in caught.value.hint


def test_root_does_not_need_what_only_a_user_needs() -> None:
    assert not decide(replace(ROOT, missing_programs=("newuidmap",), subordinate_ids=False)).user_namespace


def test_a_setting_alone_does_not_forbid_what_works_when_it_is_tried() -> None:
    assert decide(replace(USER, forbidding_settings=("user.max_user_namespaces = 0",))).user_namespace


@pytest.mark.process
def test_this_machine_is_looked_at_by_trying() -> None:
    found = inspect()
    assert found.linux
    assert found.kernel_lacks == ()
    assert decide(found).why


@pytest.mark.process
def test_a_kernel_feature_that_does_not_work_when_tried_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(probing.KERNEL_FEATURES, "CONFIG_OF_NO_KERNEL", "ip link add probe type nonesuch")
    assert inspect().kernel_lacks == ("CONFIG_OF_NO_KERNEL",)


def test_a_program_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(probing.PROGRAMS, "no-such-daemon", "its-package")
    found = inspect()
    assert found.missing_programs == ("no-such-daemon",)
    with pytest.raises(RefusedError, match="no-such-daemon") as refused:
        decide(found)
    assert refused.value.hint == "apt-get install its-package"


def test_macos_is_reported_to_take_a_virtual_machine_and_nothing_of_linux_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(probing, "_try_unshare", lambda **_: pytest.fail("unshare was tried"))
    found = inspect()
    assert not found.linux
    with pytest.raises(RefusedError, match="cannot run on this system") as refused:
        decide(found)
    assert "virtual machine" in refused.value.hint
