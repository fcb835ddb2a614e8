"""Conditions of a template.

The host compares the intrinsic functions in them unresolved, as text; `cdk bootstrap` has conditions over joined lists.

Source: CloudFormation user guide, "Condition functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def evaluate(conditions: Mapping[str, Any], resolve: Callable[[Any, Mapping[str, bool]], Any]) -> dict[str, bool]:
    """Return which conditions hold; `resolve` gives the value of an expression, with the conditions known so far.

    Raises:
        ValueError: a condition names one that there is not, itself, or a function that is none of conditions.
    """
    known: dict[str, bool] = {}
    asked: list[str] = []

    def named(name: str) -> bool:
        if name not in known:
            if name in asked or name not in conditions:
                message = f"Template format error: Unresolved condition dependency {name} in the Conditions block"
                raise ValueError(message)
            asked.append(name)
            known[name] = holds(conditions[name])
            asked.remove(name)
        return known[name]

    def holds(expression: Any) -> bool:
        match expression:
            case {"Condition": str(name)}:
                return named(name)
            case {"Fn::Equals": [left, right]}:
                return bool(_text(resolve(left, known)) == _text(resolve(right, known)))
            case {"Fn::Not": [inner]}:
                return not holds(inner)
            case {"Fn::And": list(inner)}:
                return all(holds(one) for one in inner)
            case {"Fn::Or": list(inner)}:
                return any(holds(one) for one in inner)
        message = f"Template validation error: {expression} is no condition"
        raise ValueError(message)

    return {name: named(name) for name in conditions}


def _text(value: Any) -> Any:
    """Return a value as conditions compare it: scalars as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, (dict, list)) else str(value)
