"""What each field of a model is, from the sentence that stands below it."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, get_args

from mcastlab_base.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@cache
def descriptions(model: type) -> Mapping[str, str]:
    """Return the sentences below a model's fields, by field.

    Read from the source only when an error or the schema wants them: at import they would cost every command.
    """
    module = ast.parse(inspect.getsource(sys.modules[model.__module__]))
    classes = (node for node in module.body if isinstance(node, ast.ClassDef) and node.name == model.__name__)
    body = next(classes).body
    found: dict[str, str] = {}
    for field, sentence in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(sentence, ast.Expr):
            text = sentence.value.value if isinstance(sentence.value, ast.Constant) else None
            if isinstance(text, str):
                found[field.target.id] = inspect.cleandoc(text)
    return found


def model_in(annotation: object) -> type[Frozen] | None:
    """Return the model that an annotation speaks of: itself, or what a tuple or union holds."""
    return next(models_in(annotation), None)


def models_in(annotation: object) -> Iterator[type[Frozen]]:
    """Yield the models that an annotation speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)
