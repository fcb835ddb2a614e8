"""Tables at every width: no line is longer than the terminal, no cell takes more lines than it has itself."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from mcastlab.report.tables import CutTable, grid, plain_table

LONG = "a-group-whose-name-goes-on-and-on-for-ever 239.255.255.255"


def traffic() -> CutTable:
    table = plain_table("group", "way", "pairs >", "lost >", "ms median / p95 >", "join ms >", "")
    table.add_row(LONG, "AWS to lab", "2>1", "0 %", "0.71 / 2.21", "16", Text("✓"))
    return table


def parts() -> CutTable:
    table = grid(2)
    table.add_row(
        Text("transit gateway"), Text(f"✓ tgw-1 available\n✗ {LONG} is a part of which much is reported: {LONG}")
    )
    return table


def shown(table: CutTable, width: int, encoding: str = "utf-8") -> list[str]:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    Console(file=out, width=width).print(table)
    out.flush()
    out.seek(0)
    return out.read().splitlines()


def body(lines: list[str]) -> list[str]:
    """The lines below the headings."""
    rules = [at for at, line in enumerate(lines) if "──" in line]
    return lines[rules[0] + 1 :] if rules else lines


@pytest.mark.parametrize("width", [40, 80, 120, 200])
@pytest.mark.parametrize(("table", "height"), [(traffic, 1), (parts, 2)], ids=["traffic", "parts"])
def test_a_table_fits(table: object, height: int, width: int) -> None:
    assert callable(table)
    lines = shown(table(), width)
    assert len(body(lines)) == height
    assert max(map(len, lines)) <= width
    assert ("…" in "".join(lines)) == (width < 120 or (width, height) == (120, 2))


def test_what_is_short_is_whole_where_something_is_cut() -> None:
    (line,) = body(shown(traffic(), 80))
    assert all(cell in line for cell in ("AWS to lab", "2>1", "0 %", "0.71 / 2.21", "16"))


def test_borders_are_ascii_where_the_output_is() -> None:
    assert any(set(line) == {"-", "+"} for line in shown(traffic(), 80, "ascii"))
