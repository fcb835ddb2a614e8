"""Services that end by themselves: noticed, counted, repaired in place or started anew."""

from __future__ import annotations

import asyncio

from mcastlab_twin.services.keeper import ServiceKeeper
from mcastlab_twin.services.service import Service

NAME = ("kind", "one")


class Lamp(Service):
    """A service that can go out; `repairable` ones can be lit again `after` so many attempts."""

    def __init__(self, *, repairable: bool, after: int = 0) -> None:
        super().__init__()
        self.out = False
        self.stopped = False
        self.attempts = 0
        self._repairable = repairable
        self._after = after

    async def _start(self) -> None:
        pass

    async def update(self, _spec: object) -> bool:
        return False

    def problem(self) -> str:
        return "the lamp went out" if self.out else ""

    async def repair(self) -> bool:
        self.attempts += 1
        if self.attempts <= self._after:
            raise OSError("no oil")
        self.out = not self._repairable
        return self._repairable

    async def stop(self) -> None:
        self.stopped = True


async def kept(*lamps: Lamp) -> ServiceKeeper:
    lit = iter(lamps)

    keeper = ServiceKeeper(lambda _spec: next(lit))
    keeper.want({NAME: "lamp"})
    await settled(keeper)
    return keeper


async def settled(keeper: ServiceKeeper) -> None:
    async with asyncio.timeout(20):
        while not keeper.settled:
            keeper.changed.clear()
            await keeper.changed.wait()


def test_what_can_be_repaired_is_repaired_in_place_and_counted() -> None:
    async def played() -> None:
        lamp = Lamp(repairable=True)
        keeper = await kept(lamp)
        keeper.look_after()
        assert keeper.crashes == {}
        for times in (1, 2):
            lamp.out = True
            keeper.look_after()
            assert not keeper.settled
            assert keeper.faults == {NAME: "the lamp went out"}
            await settled(keeper)
            assert str(keeper.crashes[NAME]).startswith(f"the lamp went out; {times} in all")
        assert keeper.running() == {NAME: lamp}
        assert (lamp.stopped, keeper.faults) == (False, {})

    asyncio.run(played())


def test_what_cannot_be_repaired_is_stopped_and_started_anew() -> None:
    async def played() -> None:
        old, new = Lamp(repairable=False), Lamp(repairable=False)
        keeper = await kept(old, new)
        old.out = True
        keeper.look_after()
        await settled(keeper)
        assert old.stopped
        assert keeper.running() == {NAME: new}

    asyncio.run(played())


def test_a_repair_that_fails_is_tried_again_and_its_reason_reported() -> None:
    async def played() -> None:
        lamp = Lamp(repairable=True, after=1)
        keeper = await kept(lamp)
        lamp.out = True
        keeper.look_after()
        while "no oil" not in keeper.faults.get(NAME, ""):
            keeper.changed.clear()
            await keeper.changed.wait()
        assert not keeper.settled
        await settled(keeper)
        assert (lamp.attempts, keeper.crashes[NAME].times) == (2, 1)

    asyncio.run(played())
