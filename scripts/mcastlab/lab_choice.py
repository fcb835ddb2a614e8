"""Which lab a command is about: the one that is named, or the one lab file of the folder where one stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.places import DEFAULT_LAB
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEMO: Final = "demo"
"""Names the demo's lab where a lab file is expected."""
VARIABLE: Final = "MCASTLAB_LAB"
"""The variable of the environment that names the lab file of commands without ``--lab``."""
USUAL: Final = "lab.yaml"
OTHERS: Final = "*.lab.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabChoice:
    """A lab file, and whether a command in the same folder finds it by itself."""

    lab_file: Path
    found: bool = False


class NoLabError(BadInputError):
    """No lab was named, and none was found.

    Args:
        text: what was looked for.
        choices: arguments, each of which names a lab.
    """

    def __init__(self, text: str, choices: Sequence[Sequence[str]]) -> None:
        super().__init__(text)
        self.choices = choices


def choose_lab(
    given: Path | None, environment: Mapping[str, str] = os.environ, folder: Path | None = None
) -> LabChoice:
    """Return the lab of a command.

    Args:
        given: what ``--lab`` says; None where it is not there.
        environment: where `VARIABLE` may name one.
        folder: where one stands.

    Raises:
        NoLabError: none is named, and the folder has no lab file or several.
    """
    if given is not None:
        return LabChoice(lab_file=named(given))
    if variable := environment.get(VARIABLE):
        return LabChoice(lab_file=named(Path(variable)), found=True)
    try:
        here = folder or Path.cwd()
        files = [Path(USUAL)] if (here / USUAL).is_file() else sorted(Path(file.name) for file in here.glob(OTHERS))
    except OSError:  # the folder is gone
        here, files = Path("this folder"), []
    if len(files) == 1:
        return LabChoice(lab_file=files[0], found=True)
    if files:
        raise NoLabError(
            f"several lab files are in {here}: {', '.join(map(str, files))}",
            [("--lab", str(file)) for file in files],
        )
    raise NoLabError(
        f"no lab file: neither {USUAL} nor one {OTHERS} is in {here}, and {VARIABLE} is not set", [("--lab", DEMO)]
    )


def named(lab: Path) -> Path:
    """Return the file of a lab that is named: the demo's by its word."""
    return DEFAULT_LAB if lab == Path(DEMO) else lab


def word_for(lab_file: Path) -> str:
    """Return what names a lab in every folder."""
    return DEMO if lab_file == DEFAULT_LAB else str(lab_file.resolve())
