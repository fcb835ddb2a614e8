"""Groups that a verification draws from the blocks: of them, the same for a seed, and of names that a lab may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from check_cases.blocks import block
from documents import LABS, lab_with
from hypothesis import given
from hypothesis import strategies as st

from mcastlab.follow.drawn_groups import DRAWN, drawn, with_groups
from mcastlab.lab.blocks import block_of
from mcastlab.lab.document import parse
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

FOLLOWED = read_lab(LABS / "followed.yaml")


@given(st.integers(min_value=0, max_value=2**32))
def test_groups_lie_in_their_blocks_and_make_a_sound_document(seed: int) -> None:
    groups = drawn(FOLLOWED, seed)
    assert groups == drawn(FOLLOWED, seed)
    assert len({group.address for group in groups}) == len(groups) == 2 * DRAWN
    for group in groups:
        own = block_of(group.address, FOLLOWED.blocks)
        assert own is not None
        assert group.port in own.port
        assert (group.senders, group.receivers) == (own.senders, own.receivers)
    assert [group.name for group in groups[:DRAWN]] == [f"{FOLLOWED.blocks[0].name}-{n}" for n in range(1, DRAWN + 1)]
    lab: Lab = with_groups(FOLLOWED, groups)
    assert parse(lab.model_dump(mode="json"), "document").groups == (*FOLLOWED.groups, *groups)


def test_block_of_few_groups_gives_no_more_than_it_has() -> None:
    lab = lab_with({"groups.1": block("239.9.0.0/31", name="c" * 32)})
    assert [str(group.address) for group in drawn(lab, 1)] == ["239.9.0.0", "239.9.0.1"]
    # The name of a listed group is not taken again.
    listed = lab_with({"groups.0.name": "calls-1", "groups.1": block("239.9.0.0/16", name="calls")})
    assert [group.name for group in drawn(listed, 1)] == ["calls-2", "calls-3", "calls-4"]
    single = lab_with({"groups.1": block("239.9.0.0/16", ceiling=1)})
    assert len(drawn(single, 1)) == 1
