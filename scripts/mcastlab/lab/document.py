"""From the text of a lab document to a `Lab`, with every problem told at once and by its path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from mcastlab.errors import BadInputError
from mcastlab.lab.model import Lab

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTEXT_KEY = "lab"
"""Where cdk.json's context holds the lab document."""


def parse_cdk_json(text: str, where: str) -> Lab:
    """Return the lab that the context of a ``cdk.json`` holds.

    Raises:
        BadInputError: it is not JSON, or holds no lab, or the lab is not sound.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise BadInputError(f"{where} is not JSON: {error}", hint="mend the file; the line is in the message") from None
    context = content.get("context") if isinstance(content, dict) else None
    document = context.get(CONTEXT_KEY) if isinstance(context, dict) else None
    return parse(document, where)


def parse_yaml(text: str, where: str) -> Lab:
    """Return the lab that a YAML (or JSON) document describes.

    Raises:
        BadInputError: it is not YAML, or the lab is not sound.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise BadInputError(f"{where} is not YAML: {problem}", hint="mend the line that the message names") from None
    return parse(document, where)


def parse(document: object, where: str) -> Lab:
    """Return the lab that a mapping describes.

    Raises:
        BadInputError: it is no mapping, or not a sound lab; the text has one line for each problem.
    """
    if not isinstance(document, dict):
        raise BadInputError(
            f"{where} holds no lab document: a mapping is expected, not {type(document).__name__}",
            hint="the README shows a document; the default one is in cdk.json under context.lab",
        )
    try:
        return Lab.model_validate(document)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        lines = [line for problem in problems for line in _problem(problem).splitlines()]
        raise BadInputError(
            "\n".join(f"{where}: {line}" for line in lines), hint="mend each line and run again"
        ) from None


def _problem(problem: Mapping[str, Any]) -> str:
    path = ""
    for part in problem["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    text = str(problem["msg"]).removeprefix("Value error, ")
    return f"{path}: {text}" if path else text
