"""Where what a verb found goes: files, standard output, and what a CI runner shows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.cli.arguments import Verb, json_switch, option, switch, verbose_switch
from mcastlab_base import private_files
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, RenderableType

    from mcastlab.cli.context import Context
    from mcastlab.verify.report import VerificationReport

ON_GITHUB: Final = "GITHUB_ACTIONS"
STEP_SUMMARY: Final = "GITHUB_STEP_SUMMARY"


class CasesVerb(Verb):
    """A verb that finds what holds and what does not."""

    json: bool = json_switch()
    junit: Path | None = option("--junit", type=Path, metavar="FILE", help="Write a JUnit report")


class ReportVerb(CasesVerb):
    """A verb that ends in a verification."""

    html: Path | None = option("--html", type=Path, metavar="FILE", help="Write an HTML report")
    ticket: bool = switch("--summary", help="Print a summary for a ticket, in Markdown")
    verbose: bool = verbose_switch("Print every check and every figure")


def refuse_unwritable(options: CasesVerb) -> None:
    """Refuse files that cannot be written, before anything takes its time.

    Raises:
        BadInputError: a folder is missing, or not ours to write in; all of them are named. Or two forms are to be
            printed at once.
    """
    if options.json and getattr(options, "ticket", False):
        raise BadInputError("--json and --summary are two forms of one output", hint="leave one of them out")
    lines = [why for flag, path in _files(options) if (why := _unwritable(flag, path)) is not None]
    if lines:
        raise BadInputError("\n".join(lines), hint="name a file in a folder that is there and that you may write in")


def _files(options: CasesVerb) -> Iterator[tuple[str, Path]]:
    for flag, path in (("--junit", options.junit), ("--html", getattr(options, "html", None))):
        if path is not None:
            yield flag, path


def _unwritable(flag: str, path: Path) -> str | None:
    folder = path.parent
    if path.is_dir():
        return f"{flag} {path}: that is a folder"
    if not folder.is_dir():
        return f"{flag} {path}: there is no folder {folder}"
    if not os.access(path if path.exists() else folder, os.W_OK):
        return f"{flag} {path}: it cannot be written"
    return None


def write_reports(report: VerificationReport, context: Context, options: ReportVerb) -> None:
    """Write the files that were asked for, and what a runner of CI shows.

    Raises:
        BadInputError: a file cannot be written after all.
    """
    from mcastlab.report.junit import as_junit  # noqa: PLC0415  (help needs none of it)
    from mcastlab.report.page import page  # noqa: PLC0415

    show_on_github(report, context)
    if options.junit is not None:
        write(options.junit, as_junit(report))
    if options.html is not None:
        write(options.html, page(report, context.lab))


def print_report(console: Console, report: VerificationReport, options: ReportVerb) -> int:
    """Print a verification in the form that was asked for, and return the exit code."""
    from mcastlab.report.json_form import as_json  # noqa: PLC0415
    from mcastlab.report.summary import summary  # noqa: PLC0415
    from mcastlab.report.terminal import show  # noqa: PLC0415
    from mcastlab.verify.findings import Verdict  # noqa: PLC0415

    if options.json:
        print(as_json(report))
    elif options.ticket:
        print(summary(report), end="")
    else:
        show(console, report, verbose=options.verbose)
        if options.html is not None:
            page = f"\nthe page: {options.html.resolve()}"
            console.print(page, highlight=False, markup=False, soft_wrap=True)
    return ExitCode.OK if report.verdict is Verdict.HOLDS else ExitCode.CHECK_FAILED


def print_tables(parts: Iterable[RenderableType], notes: Iterable[str]) -> None:
    """Print the tables of what a verb found, then notes."""
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    for part in parts:
        console.print(part, crop=False, highlight=False)
    for note in notes:
        console.print(f"note: {note}", style="dim", highlight=False, markup=False)


def show_on_github(report: VerificationReport, context: Context) -> None:
    """Annotate a step with the root causes, and append the summary to its page; elsewhere do nothing."""
    from mcastlab.report.github import annotations_of  # noqa: PLC0415
    from mcastlab.report.summary import summary  # noqa: PLC0415

    if on_github():
        annotate(annotations_of(report, os.path.relpath(context.command.lab_file)))
    if file := os.environ.get(STEP_SUMMARY):
        try:
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(f"{summary(report)}\n")
        except OSError as error:
            print(f"{STEP_SUMMARY}: {file} cannot be written: {error.strerror}", file=sys.stderr)


def on_github() -> bool:
    """Say whether this is a step of a workflow of GitHub."""
    return os.environ.get(ON_GITHUB) == "true"


def annotate(lines: Iterable[str]) -> None:
    """Print workflow commands. A runner reads both streams, and standard output may be JSON."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


def annotate_error(text: str, hint: str) -> None:
    """Annotate a step with an error that ends it; elsewhere do nothing."""
    if on_github():
        from mcastlab.report.github import annotation  # noqa: PLC0415

        annotate((annotation("error", "\n".join(filter(None, (text, hint)))),))


def refuse_unwritable_file(flag: str, path: Path) -> None:
    """Refuse a file that cannot be written, before anything takes its time.

    Raises:
        BadInputError: it cannot.
    """
    if (why := _unwritable(flag, path)) is not None:
        raise BadInputError(why, hint="name a file in a folder that is there and that you may write in")


def write(path: Path, content: str | bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        BadInputError: it cannot be written.
    """
    try:
        private_files.write_for_user(path, content)
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {error.strerror}", hint="name another file") from None
