"""What is wrong with a document, in words: each problem once, with its path and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from mcastlab.lab.descriptions import descriptions, model_in
from mcastlab.lab.model import BLOCKS, Group, Lab
from mcastlab.lab.types import PATTERNS_IN_WORDS, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from mcastlab_base.frozen import Frozen

FOLLOWING: Final = {"default_factory_not_called"}
"""Kinds of errors that only say that another one happened before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabFileProblem:
    """One thing to correct."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an error is: as a path, and what the model and the lab file have there."""

    path: str
    model: type[Frozen]
    """The model whose field it is about."""
    field: str
    value: object
    steps: tuple[object, ...]


def problems_of(error: ValidationError, document: object, top: type[Frozen] = Lab) -> tuple[LabFileProblem, ...]:
    """Return every problem once, in the order of the document's fields, without those that follow from others.

    Args:
        error: what the model refused.
        document: what it was made of.
        top: the model.
    """
    details = [each for each in error.errors(include_url=False) if each["type"] not in FOLLOWING]
    placed = [(_place(each["loc"], document, top), each) for each in details]
    kinds: dict[str, set[str]] = {}
    around: set[tuple[object, ...]] = set()
    for place, detail in placed:
        kinds.setdefault(place.path, set()).add(detail["type"])
        around.update(place.steps[:length] for length in range(len(place.steps)))
    found: dict[LabFileProblem, None] = {}
    for place, detail in placed:
        holds_others, kind = place.steps in around, detail["type"]
        if kind == "too_short" and place.value and holds_others:
            continue
        if kind == "literal_error" and (holds_others or kinds[place.path] != {"literal_error"}):
            continue
        if kind == "tuple_type" and "literal_error" in kinds[place.path]:
            found[LabFileProblem(path=place.path, text=f"is {shown(place.value)}; write all, or a list of names")] = (
                None
            )
            continue
        for text in _text(place, detail).splitlines():
            # The model's own checks of references name their path themselves.
            problem = LabFileProblem(path=place.path if place.steps else "", text=text)
            found[problem] = None
    return tuple(found)


def _place(loc: Sequence[int | str], document: object, top: type[Frozen]) -> _Place:
    """Follow an error's location; list items are called by their names, where they have one."""
    path, field, value = "", "", document
    owner: type[Frozen] = top
    model: type[Frozen] | None = top
    steps: list[object] = []
    for part in loc:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list | tuple) and part < len(value) else None
            path += f"[{_item_name(value, field, part)}]"
        elif model is not None and (part in model.model_fields or isinstance(value, dict)):
            # A port's short form is its address.
            value = value.get(part) if isinstance(value, dict) else value
            owner, field = model, _by_word(model).get(part, part)
            known = model.model_fields.get(field)
            model = model_in(known.annotation) if known is not None else None
            # A document has blocks among its groups.
            path += f".{_key(part)}" if path else "groups" if part == BLOCKS else _key(part)
        elif isinstance(value, dict) and part in value:
            value = value[part]
            path += f".{_key(part)}"
        else:
            # The name of an alternative that was tried, not a place.
            continue
        steps.append(part)
    return _Place(path=path, model=owner, field=field, value=value, steps=tuple(steps))


def _item_name(item: object, field: str, index: int) -> str:
    return (plain_name(item.get("name")) if isinstance(item, dict) else None) or str(index + first_number(field))


def first_number(field: str) -> int:
    """Return from what a field's items are counted: 0, but the steps of a test from 1, as reports do."""
    return int(field in _COUNTED_FROM_ONE)


_COUNTED_FROM_ONE: Final = frozenset({"steps", "expect"})


def _by_word(model: type[Frozen]) -> Mapping[str, str]:
    """Return a model's fields by the words that a document has for them."""
    return {field.alias or name: name for name, field in model.model_fields.items() if name != BLOCKS}


def plain_name(name: object) -> str | None:
    """Return a name by which a path may call an item; None where its number is plainer."""
    return name if isinstance(name, str) and name.isascii() and name.replace("-", "").isalnum() else None


def _key(key: str) -> str:
    return key if key.isascii() and key.isidentifier() else shown(key)


def _text(place: _Place, detail: ErrorDetails) -> str:
    words = _WORDS.get(detail["type"])
    if words is None:
        return str(detail["msg"]).removeprefix("Value error, ")
    if callable(words):
        return words(place)
    context = detail.get("ctx", {})
    pattern = str(context.get("pattern"))
    meant = PATTERNS_IN_WORDS.get(pattern, f"what matches {pattern}")
    more = _MORE_CHOICES.get((place.model, place.field), "")
    return words.format(value=shown(place.value), meant=meant, more=more, **context)


def _missing(place: _Place) -> str:
    what = descriptions(place.model).get(place.field, "")
    return f"is missing: {_sentence(what)}" if what else "is missing"


def _sentence(text: str) -> str:
    first = text.partition("\n\n")[0].replace("\n", " ").removesuffix(".")
    return first[:1].lower() + first[1:] if not first[:2].isupper() else first


def _unknown(place: _Place) -> str:
    known = list(_by_word(place.model))
    near = get_close_matches(place.field, known, n=1)
    return (
        f"there is no such field; did you mean {near[0]}?"
        if near
        else f"there is no such field; known: {', '.join(known)}"
    )


def _not_text(place: _Place) -> str:
    why = "; YAML reads true, false, null and nothing so: put the text in quotes"
    return f"{shown(place.value)} is not text" + (
        why if isinstance(place.value, bool | None) else "; put it in quotes if it is meant"
    )


def _mapping(place: _Place) -> str:
    known = place.model.model_fields.get(place.field)
    model = model_in(known.annotation) if known is not None else None
    fields = f" with {', '.join(_by_word(model))}" if model is not None else ""
    return f"is {shown(place.value)}; write a mapping{fields}"


_MORE_CHOICES: Final[Mapping[tuple[type[Frozen], str], str]] = {
    (Group, "bridge"): ", or 'follow' for a block of groups"
}
"""Choices that make an entry another kind of thing."""

_WHOLE_NUMBER: Final = "{value} is no whole number; write one such as 2"
_NUMBER: Final = "{value} is no number; write one such as 1.5"
_TRUTH: Final = "{value} is neither true nor false; write one of them"

_WORDS: Final[Mapping[str, str | Callable[[_Place], str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "string_type": _not_text,
    "string_unicode": _not_text,
    "string_pattern_mismatch": "{value} is not valid; write {meant}",
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than_equal": "{value} is not valid; write at least {ge}",
    "greater_than": "{value} is not valid; write more than {gt}",
    "less_than_equal": "{value} is not valid; write at most {le}",
    "less_than": "{value} is not valid; write less than {lt}",
    "literal_error": "{value} is none of the choices; write {expected}{more}",
    "model_type": _mapping,
    "dict_type": _mapping,
    "tuple_type": "is {value}; write a list, each item on a line that begins with a hyphen",
    "too_short": "has {actual_length} items; write at least {min_length}",
    "too_long": "has more than {max_length} items; take some out",
}
"""What to say for each kind of error, by pydantic's name of it."""
