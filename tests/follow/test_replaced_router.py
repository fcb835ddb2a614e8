"""A router that takes the place of a deployed one while a follower runs: it is found once the session is lost."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from follow.test_draw import FOLLOWED
from verify.sound import facts_of

from mcastlab.cli import following
from mcastlab.follow.reading import IgmpLine
from mcastlab.follow.router import FollowedRouter
from mcastlab.routers.records import Records
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from mcastlab.facts import Facts

LINE = IgmpLine(IPv4Address("239.9.1.1"), "join")


class Ways:
    """What is deployed, and which routers answer."""

    def __init__(self, facts: Facts) -> None:
        self.now = facts
        self.asked: list[str] = []
        self.gone: set[str] = set()

    def facts(self) -> Facts:
        return self.now

    def aws_router(self, facts: Facts, _: object) -> Any:
        self.asked.append(facts.router_instance_id)
        if facts.router_instance_id in self.gone:
            raise RefusedError(f"{facts.router_instance_id} does not answer")
        return SimpleNamespace(close=lambda: None)


def test_router_that_was_replaced_is_followed_and_the_old_ones_lines_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = Ways(facts_of(FOLLOWED))
    monkeypatch.setattr(following, "Connections", lambda _: ways)
    context: Any = SimpleNamespace(lab=FOLLOWED, connections=ways, records=Records(tmp_path, FOLLOWED.name))
    follower = following.follower_of(context, SimpleNamespace(), tell=lambda _: None, progress=lambda _: None)  # type: ignore[arg-type]
    router, record = follower.ports.router, follower.ports.record
    assert isinstance(router, FollowedRouter)
    assert router.session
    record.keep([LINE])
    router.close()
    ways.gone.add("i-router")
    with pytest.raises(RefusedError):
        assert router.session
    assert record.lines() == {LINE}, "it may only be on its way up again"
    ways.now = replace(ways.now, router_instance_id="i-other")
    assert router.session
    assert ways.asked == ["i-router", "i-router", "i-other"]
    assert record.lines() == frozenset()
    assert Records(tmp_path, FOLLOWED.name).followed("i-router") == frozenset()
    record.keep([LINE])
    assert Records(tmp_path, FOLLOWED.name).followed("i-other")
