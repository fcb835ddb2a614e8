"""A keyring's keys are compared in every form in which IOS-XE keeps them."""

from __future__ import annotations

import pytest

from mcastlab.ios.configuration import parse
from mcastlab.verify.observe.routers import _same_keys
from mcastlab_base.secret import Secret

ENDPOINT = "198.51.100.1"


@pytest.mark.parametrize(
    ("lines", "same"),
    [
        (("pre-shared-key k3y",), True),
        (("pre-shared-key 0 k3y",), True),
        (("pre-shared-key other",), False),
        (("pre-shared-key local k3y", "pre-shared-key remote k3y"), True),
        (("pre-shared-key local k3y", "pre-shared-key remote 0 other"), False),
        (("pre-shared-key 6 AAAA",), None),
        (("pre-shared-key local 6 AAAA", "pre-shared-key remote hex 6B3379"), None),
        ((), None),
    ],
)
@pytest.mark.parametrize("address", [ENDPOINT, f"{ENDPOINT} 255.255.255.255"])
def test_keys_are_compared_however_they_are_written(lines: tuple[str, ...], same: bool | None, address: str) -> None:  # noqa: FBT001  (a parameter)
    text = f"crypto ikev2 keyring K\n peer AWS\n  address {address}\n" + "".join(f"  {line}\n" for line in lines)
    assert _same_keys(parse(text), {ENDPOINT: Secret("k3y")}).get(ENDPOINT) is same
