"""Names and numbers against what was written by hand, and that no other place spells them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from lab.design.oracle import lab
from source_trees import nodes

from mcastlab.lab.design import names
from mcastlab.lab.design.addresses import gre_addresses, inside_addresses
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTERS = {
    "default": ("demo/aws-router", {"lab": "demo/lab-router"}),
    "three_zones": ("three-zones/aws-router", {"berlin": "three-zones/berlin-router"}),
    "behind_nat": (
        "behind-nat/aws-router",
        {"berlin": "behind-nat/berlin-router", "lyon": "behind-nat/lyon-router"},
    ),
}

STACKS = {
    "default": [("demo-Network", None), ("demo-Site-lab", "lab"), ("demo-Router", None), ("demo-Hosts", None)],
    "three_zones": [
        ("three-zones-Network", None),
        ("three-zones-Site-berlin", "berlin"),
        ("three-zones-Router", None),
        ("three-zones-Hosts", None),
    ],
    "behind_nat": [
        ("behind-nat-Network", None),
        ("behind-nat-Site-berlin", "berlin"),
        ("behind-nat-Site-lyon", "lyon"),
        ("behind-nat-Router", None),
        ("behind-nat-Hosts", None),
    ],
}

GRE_INTERFACES = {
    "default": {"lab": "Tunnel200"},
    # SHA-256 of "berlin" begins with fb38a93f, and 0x93f is 2367.
    "three_zones": {"berlin": "Tunnel2567"},
    "behind_nat": {"berlin": "Tunnel2567", "lyon": "Tunnel900"},
}


@pytest.mark.parametrize("name", ROUTERS)
def test_routers_have_the_names_that_are_expected(name: str) -> None:
    aws, sites = ROUTERS[name]
    assert names.aws_router_name(lab(name)) == aws
    assert {site.name: names.remote_router_name(lab(name), site) for site in lab(name).sites} == sites
    assert names.within_lab(aws) == "aws-router"


@pytest.mark.parametrize("name", STACKS)
def test_stacks_have_the_names_and_the_order_that_are_expected(name: str) -> None:
    assert list(names.stacks_by_site(lab(name)).items()) == STACKS[name]
    assert list(names.stack_names(lab(name))) == [stack for stack, _ in STACKS[name]]


@pytest.mark.parametrize("name", GRE_INTERFACES)
def test_tunnels_have_the_numbers_that_are_expected(name: str) -> None:
    assert {site.name: site.gre_interface for site in lab(name).sites} == GRE_INTERFACES[name]


SPELT = re.compile(
    r"\baws-router\b(?!\.j2)|-Site-|(?<!replace)-router$|-lan$|^Tunnel1|^GigabitEthernet1$|Loopback0|MCASTLAB-GROUPS"
    r"|mcastlab:"
)
"""Names of the design as a literal would spell them.

A template of the user's own may be called ``aws-router.j2``, and an option is ``--replace-router``.
"""

OF_ROUTERS = ("Loopback0", "GigabitEthernet1", "MCASTLAB-GROUPS", "Tunnel")

OWNERS = {"lab/design/names.py", "lab/site.py", "lab/checks", "cli", "lab/problems.py"}
"""The design; the lab file's own default for a remote router's interfaces; sources that checks cite; what a person
reads. The simulators are other packages, which know nothing of our names."""


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a file that are not docstrings, with their lines."""
    reported = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reported:
            yield node.lineno, node.value


def test_no_other_place_spells_a_name_of_the_design() -> None:
    package = PROJECT / "scripts" / "mcastlab"
    files = [*package.rglob("*.py"), *(PROJECT / "stacks").rglob("*.py")]
    spelt = [
        f"{path}:{line}: {text}"
        for path in files
        if not any(path.is_relative_to(package / owner) for owner in OWNERS)
        for line, text in literals(path)
        if SPELT.search(text)
    ]
    assert spelt == []


def test_no_template_spells_a_name_that_others_look_for() -> None:
    templates = (PROJECT / "router_templates").rglob("*.j2")
    spelt = [f"{path.name}: {name}" for path in templates for name in OF_ROUTERS if name in path.read_text("utf-8")]
    assert spelt == []


INSIDE = {
    "default": {"lab": [("169.254.10.1/30", "169.254.10.2/30"), ("169.254.11.1/30", "169.254.11.2/30")]},
    # 8 octets a site from 169.254.8.0: 8 times 2367 is 73 times 256, and 248.
    "three_zones": {"berlin": [("169.254.81.249/30", "169.254.81.250/30"), ("169.254.81.253/30", "169.254.81.254/30")]},
    "behind_nat": {
        "berlin": [("169.254.81.249/30", "169.254.81.250/30"), ("169.254.81.253/30", "169.254.81.254/30")],
        "lyon": [("169.254.200.1/30", "169.254.200.2/30"), ("169.254.200.5/30", "169.254.200.6/30")],
    },
}

GRE_ENDS = {
    "default": {"lab": ("172.16.200.1/30", "172.16.200.2/30")},
    # 4 addresses a site from 172.30.0.0: 4 times 2367 is 36 times 256, and 252.
    "three_zones": {"berlin": ("172.30.36.253/30", "172.30.36.254/30")},
    "behind_nat": {"berlin": ("172.30.36.253/30", "172.30.36.254/30"), "lyon": ("172.16.0.1/30", "172.16.0.2/30")},
}


@pytest.mark.parametrize("name", INSIDE)
def test_tunnels_have_the_addresses_that_are_expected(name: str) -> None:
    sites = lab(name).sites
    inside = {each.name: [tuple(map(str, inside_addresses(network))) for network in each.tunnels] for each in sites}
    assert inside == INSIDE[name]
    assert {each.name: tuple(map(str, gre_addresses(each))) for each in sites} == GRE_ENDS[name]
