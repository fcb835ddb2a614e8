"""Files of the user's own that a lab file names: templates and scripts, in its folder or below it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

from mcastlab.lab.types import shown

FOLDER: Final = "folder"
"""Where the validation's context tells the folder of the lab file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfLab:
    """A file that a lab file names: a path below the lab file's folder. Text, as templates see it and read no file."""

    folder: str
    """The lab file's folder."""
    path: str
    """Relative to it, without ``..``."""

    def __str__(self) -> str:
        return str(Path(self.folder, self.path))


def _file_of_lab(value: Any, info: ValidationInfo, what: str, such_as: str) -> FileOfLab:
    if isinstance(value, FileOfLab):
        return value
    if not isinstance(value, str) or not value or not value.isprintable() or value.endswith("/"):
        raise ValueError(f"{shown(value)} is no {what}; write the path of a file, relative to the lab file")
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(
            f"{shown(value)} leads out of the lab file's folder; write the path of a file in it, such as {such_as}"
        )
    return FileOfLab(folder=str((info.context or {}).get(FOLDER, "")), path=str(path))


def _in_document(value: FileOfLab | str) -> str:
    """Return what a lab file has there, so that a lab that is written can be read again."""
    return value.path if isinstance(value, FileOfLab) else value


def _template(value: Any, info: ValidationInfo) -> Any:
    return _file_of_lab(value, info, "template", "router.j2")


def _script(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and (value.startswith("#!") or "\n" in value.strip()):
        return value
    return _file_of_lab(value, info, "script", "setup.sh")


TemplateFile = Annotated[
    FileOfLab,
    BeforeValidator(_template),
    PlainSerializer(_in_document),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
"""A Jinja template of the user's own, in the lab file's folder or below it."""

SetupScript = Annotated[
    FileOfLab | str,
    BeforeValidator(_script),
    PlainSerializer(_in_document),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
"""A script: a file in the lab file's folder or below it, or its text, which has several lines or begins with ``#!``."""
