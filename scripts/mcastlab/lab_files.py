"""Read a lab file from a file: a ``cdk.json``, or a document of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.lab.document import lines_of, lines_of_cdk_json, parse_cdk_json, parse_yaml, renamed
from mcastlab.lab.reading import LARGEST_DOCUMENT, refuse_large
from mcastlab.places import DEFAULT_LAB, PROJECT
from mcastlab_base.errors import BadInputError, LabError

if TYPE_CHECKING:
    from mcastlab.lab.document import LineOf
    from mcastlab.lab.model import Lab

__all__ = ["DEFAULT_LAB", "PROJECT", "STARTING_FILE", "lines_in", "read_lab", "shown_path"]

STARTING_FILE: Final = Path(__file__).with_name("lab") / "starting.yaml"
"""The lab file that a user starts from: every field that most labs need, and what the others are."""


def read_lab(path: Path = DEFAULT_LAB, name: str | None = None) -> Lab:
    """Return the lab that a file describes, JSON named ``cdk.json`` or YAML, under another name where one is given.

    Raises:
        BadInputError: the file cannot be read, or holds no sound lab; or it is no name.
    """
    text = text_of(path, hint="name a lab file in YAML, or a cdk.json")
    lab = parse_lab(text, path)
    return lab if name is None else renamed(lab, name)


def parse_lab(text: str, path: Path) -> Lab:
    """Return the lab that the text of a file describes.

    Raises:
        BadInputError: it holds no sound lab.
    """
    parse = parse_cdk_json if path.name == _CDK_JSON else parse_yaml
    return parse(text, shown_path(path), path.parent)


def shown_path(path: Path) -> str:
    """Return how errors name a lab file: the demo's, of which there is one, without its folder."""
    return path.name if path.name == _CDK_JSON else str(path)


def lines_in(path: Path) -> LineOf:
    """Return what finds the line of a field of a lab file, by the field's path; it reads the file when it is asked."""

    def line_of(field: str) -> int | None:
        try:
            return found()(field)
        except LabError:  # a lab was read from it a moment ago, and it is gone
            return None

    @cache
    def found() -> LineOf:
        text = text_of(path, hint="name a lab file in YAML")
        return lines_of_cdk_json(text) if path.name == _CDK_JSON else lines_of(text)

    return line_of


def text_of(path: Path, *, hint: str) -> str:
    """Return the text of a lab file or test file.

    Raises:
        BadInputError: it cannot be read, or is too large to be one.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST_DOCUMENT + 1)
        refuse_large(len(octets), str(path))
        return octets.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInputError(f"{path} cannot be read: {reason}", hint=hint) from None


_CDK_JSON: Final = "cdk.json"
