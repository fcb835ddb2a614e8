"""The pages of docs/ that are generated: the commands from their help, the lab file from its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mcastlab.lab.design.change_effects import effect_of
from mcastlab.lab.schema import lab_schema
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

HELP: Final = PROJECT / "tests" / "golden" / "help"
TOP: Final = "Lab"
CHANGING: Final = {TOP: "", "Vpc": "vpc.", "Subnet": "vpc.subnets[].", "AwsRouter": "router.", "Hosts": "hosts[]."}
"""The parts some of whose fields AWS cannot change in place, with where the lab file has them."""


def commands() -> str:
    """Return the page of all commands: the help of each, in the order of the alphabet."""
    lines = ["# Commands", "", "Generated from the help of each command: `pytest --update-golden tests/repo`."]
    for path in sorted(HELP.glob("*.txt")):
        words = path.stem.replace("-", " ")
        name = "./scripts/lab" if path.stem == "lab" else f"./scripts/lab {words}"
        lines += ["", f"## `{name}`", "", "```", path.read_text(encoding="utf-8").rstrip(), "```"]
    return "\n".join(lines) + "\n"


def lab_file() -> str:
    """Return the page of the lab file: a table of fields for each part of it."""
    schema = lab_schema()
    parts = {TOP: schema, **schema["$defs"]}
    lines = ["# The lab file", "", "Generated from the schema of lab files: `pytest --update-golden tests/repo`.", ""]
    lines += ["`./scripts/lab init FILE` writes a commented one to start from.", ""]
    for name, part in parts.items():
        title = "The whole file" if name == TOP else name
        lines += [f"## {title}", "", f"{part.get('description', '').strip()}", ""]
        where = CHANGING.get(name)
        change = "" if where is None else " a change |"
        lines += [f"| field | type | default | is |{change}", f"|---|---|---|---|{change and '---|'}"]
        lines += [*_rows(part, where), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(part: dict[str, Any], where: str | None) -> Iterator[str]:
    required = set(part.get("required", ()))
    for name, field in part["properties"].items():
        default = "required" if name in required else _shown(field.get("default"))
        meaning = str(field.get("description", "")).replace("``", "`").replace("\n", " ").replace("|", "\\|")
        # What a part's fields do stands with that part.
        effect = "" if "](#" in _type(field) else effect_of(f"{where}{name}").value
        change = "" if where is None else f" {effect} |"
        yield f"| `{name}` | {_type(field)} | {default} | {meaning} |{change}"


def _shown(value: object) -> str:
    return "" if value in (None, {}, []) or isinstance(value, dict | list) else f"`{value}`"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        kinds = dict.fromkeys(_type(each) for each in field["anyOf"])
        return " or ".join(kind for kind in kinds if kind != "null")
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}" if isinstance(field.get("items"), dict) else "list"
    words = {"string": "text", "integer": "number", "object": "mapping"}
    kinds = field.get("type", "")
    return " or ".join(words.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
