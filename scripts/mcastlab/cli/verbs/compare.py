"""``compare``: two verifications side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import option, positional
from mcastlab.cli.delivery import CasesVerb
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context
    from mcastlab.verify.report import VerificationReport


class CompareVerb(CasesVerb):
    """Compare two verifications; exit with 1 if anything got worse."""

    examples: ClassVar = ("compare before.json after.json --html compare.html",)
    rank: ClassVar = 95

    before: Path = positional(type=Path, metavar="BEFORE", help="JSON report of the first run")
    after: Path = positional(type=Path, metavar="AFTER", help="JSON report of the second run")
    html: Path | None = option("--html", type=Path, metavar="FILE", help="Write an HTML report")

    def __call__(self, _context: Context) -> int:
        from rich.console import Console

        from mcastlab.cli.delivery import refuse_unwritable, write
        from mcastlab.report.comparison import compare
        from mcastlab.report.comparison_forms import comparison_junit, comparison_page
        from mcastlab.report.terminal_compare import show_comparison

        refuse_unwritable(self)
        files = (str(self.before), str(self.after))
        found = compare(_read(self.before), _read(self.after), files)
        if self.junit is not None:
            write(self.junit, comparison_junit(found))
        if self.html is not None:
            write(self.html, comparison_page(found))
        if self.json:
            print(found.model_dump_json(indent=2))
        else:
            show_comparison(Console(), found)
        return ExitCode.OK if found.holds else ExitCode.CHECK_FAILED


def _read(path: Path) -> VerificationReport:
    from mcastlab.report.comparison import read_report

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
        raise BadInputError(f"{path}: {why}", hint="verify --json > FILE writes a report") from None
    return read_report(text, str(path))
