"""Read a lab document from a file: a ``cdk.json``, or a document of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.errors import BadInputError
from mcastlab.lab.document import parse_cdk_json, parse_yaml

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

PROJECT: Final = Path(__file__).resolve().parents[2]
"""The folder of app.py and cdk.json."""

DEFAULT_LAB: Final = PROJECT / "cdk.json"


def read_lab(path: Path = DEFAULT_LAB) -> Lab:
    """Return the lab that a file describes: JSON named ``cdk.json``, or YAML.

    Raises:
        BadInputError: the file cannot be read, or holds no sound lab.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInputError(
            f"{path} cannot be read: {reason}", hint="name a lab document in YAML, or a cdk.json"
        ) from None
    return parse_cdk_json(text, path.name) if path.name == "cdk.json" else parse_yaml(text, str(path))
