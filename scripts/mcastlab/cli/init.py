"""``init FILE``: a commented lab document to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.command_line import LabCommand
from mcastlab.errors import BadInputError, ExitCode
from mcastlab.lab.starting import STARTING_DOCUMENT

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Write the document; a file that is there stays as it is.

    Raises:
        BadInputError: the file is there already, or cannot be written.
    """
    try:
        with arguments.file.open("x", encoding="utf-8") as file:
            file.write(STARTING_DOCUMENT)
    except FileExistsError:
        raise BadInputError(f"{arguments.file} is there already", hint="name another file, or move it away") from None
    except OSError as error:
        raise BadInputError(
            f"{arguments.file} cannot be written: {error.strerror}", hint="name a file in a folder of yours"
        ) from None
    print(f"{arguments.file} is written; next: {LabCommand(lab_file=arguments.file)('check')}")
    return ExitCode.OK
