"""Conditions over resolved values, as `cdk bootstrap` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from awsregion.cfn.conditions import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping


def joined(value: Any, _known: Mapping[str, bool]) -> Any:
    """Resolve Fn::Join over literal lists only."""
    return "".join(value["Fn::Join"][1]) if isinstance(value, dict) else value


def equals(left: Any, right: Any) -> dict[str, Any]:
    return {"Fn::Equals": [left, right]}


def test_what_is_compared_is_resolved_first() -> None:
    empty = equals("", {"Fn::Join": ["", [""]]})
    reported = evaluate({"Empty": empty, "Given": {"Fn::Not": [empty]}}, joined)
    assert reported == {"Empty": True, "Given": False}


def test_conditions_name_each_other_in_any_order() -> None:
    conditions = {
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Yes": equals("a", "a"),
        "No": equals("a", "b"),
    }
    assert evaluate(conditions, joined) == {"Both": False, "Either": True, "Yes": True, "No": False}


def test_numbers_and_booleans_compare_as_their_text() -> None:
    assert evaluate({"One": equals(1, "1"), "True": equals(*(True, "true"))}, joined) == {"One": True, "True": True}


@pytest.mark.parametrize(
    "conditions", [{"A": {"Condition": "B"}}, {"A": {"Condition": "A"}}, {"A": {"Fn::Maybe": [1]}}, {"A": "true"}]
)
def test_what_is_no_condition_is_refused(conditions: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Template (format|validation) error"):
        evaluate(conditions, joined)
