"""Which way a vessel is made, decided from facts: each lack is named with what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcastlab.errors import RefusedError
from mcastlab.twin.machine import Machine, decide

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
