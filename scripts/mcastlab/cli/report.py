"""Where a verification goes: the terminal, standard output as JSON, files as JUnit XML and as a page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.console import Console

from mcastlab.errors import BadInputError, ExitCode
from mcastlab.report.json_form import as_json
from mcastlab.report.junit import as_junit
from mcastlab.report.page import page
from mcastlab.report.terminal import show
from mcastlab.verify.findings import Verdict

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.verify.report import VerificationReport


def refuse_unwritable(arguments: argparse.Namespace) -> None:
    """Refuse files that cannot be written, before anything takes its time.

    Raises:
        BadInputError: a folder is missing, or not ours to write in; all of them are named.
    """
    lines = [why for option, path in _files(arguments) if (why := _unwritable(option, path)) is not None]
    if lines:
        raise BadInputError("\n".join(lines), hint="name a file in a folder that is there and that you may write in")


def _files(arguments: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    for option in ("junit", "html"):
        path = getattr(arguments, option)
        if path is not None:
            yield f"--{option}", path


def _unwritable(option: str, path: Path) -> str | None:
    folder = path.parent
    if path.is_dir():
        return f"{option} {path}: that is a folder"
    if not folder.is_dir():
        return f"{option} {path}: there is no folder {folder}"
    if not os.access(path if path.exists() else folder, os.W_OK):
        return f"{option} {path}: it cannot be written"
    return None


def deliver(report: VerificationReport, lab: Lab, arguments: argparse.Namespace) -> int:
    """Write the files that were asked for and print a verification; return the exit code.

    Raises:
        BadInputError: a file cannot be written after all; what was found is printed all the same.
    """
    try:
        # First: who reads what is printed may go before its end.
        if arguments.junit is not None:
            write(arguments.junit, as_junit(report))
        if arguments.html is not None:
            write(arguments.html, page(report, lab))
    finally:
        if arguments.json:
            print(as_json(report))
        else:
            show(Console(), report)
    if arguments.html is not None and not arguments.json:
        Console().print(f"\nthe page: {arguments.html.resolve()}", highlight=False, markup=False, soft_wrap=True)
    return ExitCode.OK if report.verdict is Verdict.HOLDS else ExitCode.CHECK_FAILED


def write(path: Path, text: str) -> None:
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
