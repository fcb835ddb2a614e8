"""Which fixes of a verification `configure` applies: those whose lines are what the lab file says of a router."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import parse
from mcastlab.lab.design.names import remote_router_name
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab_base.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.cli.context import Context
    from mcastlab.ios.configuration import Tree
    from mcastlab.verify.findings import Diagnosis
    from mcastlab.verify.report import VerificationReport

_TYPED: Final = re.compile(r"(?P<router>\S+), configuration mode")


def with_commands(context: Context, report: VerificationReport) -> VerificationReport:
    """Return the report in which each fix that `configure` would make has that command."""
    if not any(_TYPED.fullmatch(each.fix_where) for each in report.diagnoses):
        return report
    try:
        rendered = render_all(context.lab, context.connections.facts())
    except LabError:
        # What was found is worth more than how to type less.
        return report
    wanted = {each.router: intended(each) for each in rendered}
    diagnoses = tuple(each.model_copy(update={"apply": _command(context, each, wanted)}) for each in report.diagnoses)
    return report.model_copy(update={"diagnoses": diagnoses})


def _command(context: Context, found: Diagnosis, wanted: Mapping[str, Tree]) -> str | None:
    typed = _TYPED.fullmatch(found.fix_where)
    if typed is None or not is_wanted(found.fix, wanted.get(typed["router"], ())):
        return None
    sites = [site.name for site in context.lab.sites if remote_router_name(context.lab, site) == typed["router"]]
    return context.command("configure", *(("--site", sites[0]) if sites and len(context.lab.sites) > 1 else ()))


def is_wanted(fix: str, tree: Tree) -> bool:
    """Say whether every line of a fix stands in a configuration, below the same headers."""
    lines = parse(fix)
    return bool(lines) and all(path in _paths(tree) for path in _paths(lines))


def _paths(tree: Tree) -> frozenset[tuple[str, ...]]:
    return frozenset(path for top in tree for path, _ in top.walk())
