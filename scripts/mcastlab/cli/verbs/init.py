"""``init FILE``: a commented lab file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import Verb, positional
from mcastlab.command_line import LabCommand
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class InitVerb(Verb):
    """Write a commented lab file to start from."""

    examples: ClassVar = ("init lab.yaml",)
    rank: ClassVar = 20

    file: Path = positional(type=Path, metavar="FILE", help="New file to create; must not exist")

    def __call__(self, _context: Context) -> int:
        from mcastlab.lab_files import STARTING_FILE

        path = self.file
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(STARTING_FILE.read_text(encoding="utf-8"))
        except FileExistsError:
            raise BadInputError(f"{path} is there already", hint="name another file, or move it away") from None
        except OSError as error:
            raise BadInputError(
                f"{path} cannot be written: {error.strerror}", hint="name a file in a folder of yours"
            ) from None
        print(f"{path} is written; next: {LabCommand(lab_file=path)('check')}")
        return ExitCode.OK
