"""``verify``: the ladder from AWS up to the traffic, and why what fails does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import option, switch
from mcastlab.cli.verbs.traffic import TrafficVerb
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.cli.context import Context
    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport


class VerifyVerb(TrafficVerb):
    """Verify that multicast flows, and diagnose what fails."""

    rank: ClassVar = 90
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.steps")

    no_traffic: bool = switch("--no-traffic", help="Send no traffic")
    no_follow: bool = switch("--no-follow", help="Do not start a follower for the blocks of groups")
    junit: Path | None = option("--junit", type=Path, metavar="FILE", help="Write a JUnit report")
    html: Path | None = option("--html", type=Path, metavar="FILE", help="Write an HTML report")

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.steps import verified

        lab, played = context.lab, self.played()
        _refuse_unwritable(self)
        context.enter()
        with context.stages.shown():
            report = verified(context, None if self.no_traffic else played, follows=not self.no_follow)
        return deliver(report, lab, self)


def _refuse_unwritable(options: VerifyVerb) -> None:
    """Refuse files that cannot be written, before anything takes its time.

    Raises:
        BadInputError: a folder is missing, or not ours to write in; all of them are named.
    """
    lines = [why for flag, path in _files(options) if (why := _unwritable(flag, path)) is not None]
    if lines:
        raise BadInputError("\n".join(lines), hint="name a file in a folder that is there and that you may write in")


def _files(options: VerifyVerb) -> Iterator[tuple[str, Path]]:
    for flag, path in (("--junit", options.junit), ("--html", options.html)):
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


def deliver(report: VerificationReport, lab: Lab, options: VerifyVerb) -> int:
    """Write the files that were asked for and print a verification; return the exit code.

    Raises:
        BadInputError: a file cannot be written after all; what was found is printed all the same.
    """
    from rich.console import Console

    from mcastlab.report.json_form import as_json
    from mcastlab.report.junit import as_junit
    from mcastlab.report.page import page
    from mcastlab.report.terminal import show
    from mcastlab.verify.findings import Verdict

    try:
        # First: who reads what is printed may go before its end.
        if options.junit is not None:
            _write(options.junit, as_junit(report))
        if options.html is not None:
            _write(options.html, page(report, lab))
    finally:
        if options.json:
            print(as_json(report))
        else:
            show(Console(), report)
    if options.html is not None and not options.json:
        Console().print(f"\nthe page: {options.html.resolve()}", highlight=False, markup=False, soft_wrap=True)
    return ExitCode.OK if report.verdict is Verdict.HOLDS else ExitCode.CHECK_FAILED


def _write(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        BadInputError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadInputError(f"{path} cannot be written: {error.strerror}", hint="name another file") from None
