"""IOS text is understood in one place: a second tree, difference, matcher, list of refusals or mask is noticed."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from source_trees import nodes_of

PACKAGE = Path(__file__).parents[2] / "scripts" / "mcastlab"
TWIN = PACKAGE / "twin"
FILES = {
    str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.is_relative_to(TWIN)
}
ONES = {
    "list of refusals": (
        r"Ambiguous|Incomplete|uthorization failed|overlaps with|failed to apply",
        {"refusals"},
    ),
    "matcher of access lists": (r"\Awildcard\Z", {"access_lists"}),
    "tree": (r"\\s\+exit-address-family|address-family ipv4\(|certificate \(\?", {"configuration"}),
    "list of words that name a secret": (r"passw(or)?d?\b.*\b(secret|community)|key\|passw", {"secrets"}),
    "sentence of a confirmed change": (r"Rollback Confirmed Change|Rollback Done|Timer type:", {"show/archive"}),
}
"""By what it is: a pattern that its literals have, and the module of `ios` that alone may have them."""


@cache
def literals(source: str) -> list[str]:
    """Return the text of a module's string literals, its documentation left out."""
    reported = {id(node.value) for node in nodes_of(source) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes_of(source)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reported
    ]


def holders(pattern: str, files: dict[str, str]) -> set[str]:
    return {name for name, source in files.items() if any(re.search(pattern, text) for text in literals(source))}


@pytest.mark.parametrize("what", ONES)
def test_there_is_one(what: str) -> None:
    pattern, owners = ONES[what]
    assert holders(pattern, FILES) == {f"ios/{owner}.py" for owner in owners}


@pytest.mark.parametrize("what", ONES)
def test_a_second_one_would_be_noticed(what: str) -> None:
    pattern, owners = ONES[what]
    (owner,) = owners
    copy = {**FILES, "verify/second.py": FILES[f"ios/{owner}.py"]}
    assert "verify/second.py" in holders(pattern, copy)


def test_one_kind_of_line_has_lines_below_it() -> None:
    fields = {
        (name, node.name)
        for name, source in FILES.items()
        for node in nodes_of(source)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.target.id == "below"
    }
    assert fields == {("ios/configuration.py", "ConfigLine")}


def test_no_library_decides_differences_and_none_runs_steps_beside_ours() -> None:
    imported = {
        (name, module.partition(".")[0])
        for name, source in FILES.items()
        for node in nodes_of(source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert {(name, module) for name, module in imported if module in {"hier_config", "nornir"}} == set()


def test_what_replaces_what_is_a_table_and_no_pattern_in_code() -> None:
    kinds = r"\^(tunnel destination|tunnel source|pre-shared-key|ip mtu|set pfs|keyring local) "
    assert holders(kinds, FILES) == set()
    assert holders(kinds, {"x.py": 'KIND = r"^ip mtu "'}) == {"x.py"}
    assert "tunnel destination" in (PACKAGE / "ios" / "single_lines.txt").read_text(encoding="utf-8")
