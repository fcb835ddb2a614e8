"""Several `ip` commands in one run of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from collections.abc import Sequence


async def ip(netns: str, lines: Sequence[str]) -> None:
    """Run the lines, each an `ip` command without the word ip, in a namespace; stops at the first that fails.

    Raises:
        ProgramError: a line failed; its text holds all of them.
    """
    if lines:
        await run("ip", "-n", netns, "-batch", "-", given="".join(f"{line}\n" for line in lines))
