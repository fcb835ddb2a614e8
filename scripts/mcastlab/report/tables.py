"""Tables that fit the terminal, from 40 columns to 200: what a cell has no room for is cut, and ends in an ellipsis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Column


class CutTable(Table):
    """A table whose cells are cut instead of wrapped.

    Where it does not fit, gaps go first, then figures' headings take two lines, then names are cut; figures come last.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Return what is printed; see rich."""
        whole = options.update(max_width=_ENDLESS)
        if Measurement.get(console, whole, self).maximum > options.max_width:
            self.padding = _TIGHT
        if Measurement.get(console, whole, self).maximum > options.max_width:
            self._keep_figures(options.max_width)
        yield from super().__rich_console__(console, options)

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """Add a row; see rich."""
        super().add_row(*(_cut(cell) for cell in cells), **options)

    def _keep_figures(self, width: int) -> None:
        figures = [(column, _least(column)) for column in self.columns if column.justify == "right"]
        left = width - sum(least for _, least in figures) - sum(_TIGHT) * len(self.columns)
        if left >= _NAME * (len(self.columns) - len(figures)):
            for column, least in figures:
                column.width = least

    def add_rest(self, text: str) -> None:
        """Tell below the rows what they leave out."""
        self.caption, self.caption_justify, self.caption_style = text, "left", "dim not italic"


_ENDLESS: Final = 10_000
_TIGHT: Final = (0, 1, 0, 0)
_NAME: Final = 7
"""Characters of a name that say something."""


def _least(column: Column) -> int:
    """Return the width of a column whose figures are whole and whose heading takes as many lines as it has words."""
    words = str(column.header).split()
    return max(map(cell_len, (*words, *(str(cell) for cell in column.cells))), default=0)


def plain_table(*headings: str) -> CutTable:
    """Return a table without lines; a heading that ends in ``>`` stands at the right."""
    table = CutTable(box=SIMPLE, pad_edge=False, padding=(0, 1), show_edge=False)
    for heading in headings:
        justify = "right" if heading.endswith(">") else "left"
        table.add_column(heading.removesuffix(" >"), justify=justify)  # type: ignore[arg-type]  # one of its words
    return table


def grid(columns: int, *, gap: int = 2) -> CutTable:
    """Return a table without headings."""
    table = CutTable(box=None, show_header=False, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0))
    for _ in range(columns):
        table.add_column()
    return table


def _cut(cell: RenderableType | None) -> Any:
    """Return a cell of one line, or of as many as it has itself."""
    if isinstance(cell, str):
        cell = Text(cell)
    if isinstance(cell, Text):
        cell.no_wrap, cell.overflow = True, "ellipsis"
    return cell
