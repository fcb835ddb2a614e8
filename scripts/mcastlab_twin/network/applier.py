"""Make the kernel hold the pieces that are wanted: the difference between what was applied and what is to be."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab_twin.network.kernel_pieces import Namespace, Veth
from mcastlab_twin.network.piece import Phase, Piece, ToolLine
from mcastlab_twin.sandbox import subordinate_ids
from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

_END: Final = "MCASTLAB_END_OF_BATCH"
_ADD_ORDER: Final = ("netns", "sysctl", "nft", "ip", "bridge")
"""Within a namespace the filters stand before the links come up; a bridge's groups need its ports."""
_NAMESPACES: Final = Path(__file__).with_name("namespaces.py")
_BATCH: Final = {"nft": "nft -f -", "ip": "ip -batch -", "bridge": "bridge -batch -"}


class Applier:
    """Keeps the pieces that it has made; the same pieces again cost no command."""

    def __init__(self) -> None:
        self._applied: dict[Hashable, Piece] = {}
        self.batches = 0
        """How many batches were run: each is one program start per namespace and phase."""

    async def apply(self, wanted: Sequence[Piece]) -> bool:
        """Make the difference; tell whether there was one.

        Raises:
            ProgramError: a tool refused a line; the error shows the batch.
            ValueError: two wanted pieces have one identity.
        """
        target: dict[Hashable, Piece] = {}
        for piece in wanted:
            if target.setdefault(piece.key, piece) != piece:
                raise ValueError(f"the plan has {piece.key} twice: {target[piece.key]} and {piece}")
        before = dict(self._applied)
        gone = [piece for key, piece in before.items() if not _stays(piece, target.get(key))]
        lost = {(end.netns, end.name) for piece in gone if isinstance(piece, Veth) for end in (piece.near, piece.far)}
        new = [piece for key, piece in target.items() if before.get(key) != piece or piece.needs & lost]
        await self._remove(gone, target)
        await self._add(new)
        return bool(gone or new)

    async def _remove(self, gone: Sequence[Piece], target: Mapping[Hashable, Piece]) -> None:
        """Unmake, last first. What is in a namespace that goes too needs no command, but a link's other end does."""
        doomed = {piece.name for piece in gone if isinstance(piece, Namespace) and piece.key not in target}
        for phase in reversed(Phase):
            pieces = [piece for piece in reversed(gone) if piece.phase is phase]
            named = [piece for piece in pieces if phase is not Phase.SETUP or piece.netns not in doomed]
            refusals = await self._run_all(
                [(piece.netns, line) for piece in named for line in piece.down()], backwards=True
            )
            for piece in pieces:
                if piece.netns not in refusals:
                    del self._applied[piece.key]
            _raise_first(refusals)

    async def _add(self, new: Sequence[Piece]) -> None:
        """Make, phase by phase; what one namespace refuses does not keep the others from being made."""
        for phase in Phase:
            pieces = [piece for piece in new if piece.phase is phase]
            own = phase is not Phase.SETUP
            made_in = {piece.key: None if own else piece.netns for piece in pieces}
            refusals = await self._run_all([(made_in[piece.key], line) for piece in pieces for line in piece.up()])
            if phase is Phase.NAMESPACE and not refusals:
                spaces = [piece for piece in pieces if isinstance(piece, Namespace)]
                refusals = await self._run_all([(piece.name, line) for piece in spaces for line in piece.settings()])
            self._applied |= {piece.key: piece for piece in pieces if made_in[piece.key] not in refusals}
            _raise_first(refusals)

    async def _run_all(
        self, lines: Iterable[tuple[str | None, ToolLine]], *, backwards: bool = False
    ) -> dict[str | None, BaseException]:
        """Run lines, one shell a namespace, all namespaces at once; return what was refused, and where."""
        by_namespace: dict[str | None, list[ToolLine]] = {}
        for netns, line in lines:
            by_namespace.setdefault(netns, []).append(line)
        self.batches += len(by_namespace)
        ends = await asyncio.gather(
            *(
                run("sh", "-e", "-s", netns=netns, given=script(batch, backwards=backwards))
                for netns, batch in by_namespace.items()
            ),
            return_exceptions=True,
        )
        return {netns: end for netns, end in zip(by_namespace, ends, strict=True) if isinstance(end, BaseException)}


def _raise_first(refusals: Mapping[str | None, BaseException]) -> None:
    for refusal in refusals.values():
        raise refusal


def script(lines: Iterable[ToolLine], *, backwards: bool = False) -> str:
    """Return a shell script that gives each tool its lines in one batch."""
    by_tool: dict[str, list[str]] = {}
    for line in lines:
        by_tool.setdefault(line.tool, []).append(line.text)
    parts = []
    for tool in reversed(_ADD_ORDER) if backwards else _ADD_ORDER:
        texts = by_tool.get(tool, [])
        if tool == "sysctl":
            # A setting that this kernel does not have cannot be wrong.
            parts += [
                f"if [ -e /proc/sys/net/{name} ]; then echo {value} > /proc/sys/net/{name}; fi"
                for name, _, value in (text.partition("=") for text in texts)
            ]
        elif texts:
            parts.append(f"{_batch(tool)} <<'{_END}'\n" + "\n".join(texts) + f"\n{_END}")
    return "\n".join(parts) + "\n"


def _batch(tool: str) -> str:
    """Return the command that takes a tool's lines on its standard input."""
    if tool != "netns":
        return _BATCH[tool]
    return shlex.join((sys.executable, "-I", "-S", str(_NAMESPACES), subordinate_ids.node_ids().map_text))


def _stays(piece: Piece, wanted: Piece | None) -> bool:
    """Tell whether a piece needs no unmaking: it is wanted as it is, or can be changed in place."""
    return wanted is not None and (wanted == piece or piece.in_place)
