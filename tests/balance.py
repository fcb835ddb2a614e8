"""Which tests share a process, and in which order: what shares something dear together, the longest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

if TYPE_CHECKING:
    import pytest

LONGEST: Final = (
    "e2e/cuts",
    "e2e/test_follow.py",
    "e2e/test_documentation.py",
    "e2e/test_verify.py",
    "e2e/test_demo.py",
    "e2e/test_up_goes_on.py",
    "e2e/test_demo_struck.py",
    "e2e/test_stop_start.py",
    "e2e/test_push.py",
    "e2e/test_workflow.py",
    "e2e/test_wheel.py",
    "twin/routers/test_lab.py",
    "e2e/test_two_subnets.py",
    "twin/routers/test_healing.py",
    "twin/sandbox/test_attack.py",
    "traffic/test_wire",
    "e2e/test_nat.py",
    "twin/awsregion/test_cdk.py",
    "twin/iosxe/test_genie.py",
    "stacks",
    "cli/test_target.py",
    "report/test_page.py",
    "twin/awsregion/test_changes.py",
    "scenario/test_play.py",
    "scenario/test_appliances.py",
    "routers/ssh/test_quirks.py",
    "scenario/test_shipped.py",
    "twin/awsregion/test_faults.py",
    "twin/awsregion/test_authentication.py",
    "repo/test_series.py",
    "garbage/test_routers.py",
    "twin/awsregion/test_standalone.py",
    "repo/test_documented_commands.py",
    "lab/test_growth.py",
    "routers/test_faults.py",
    "twin/routers/test_pim_state.py",
)
"""What takes longest, by prefix of its scope; measured in the gate. All else comes after it, as it is collected."""

CUTS: Final = (
    *("e2e/test_breaks.py", "e2e/test_crashes.py", "e2e/test_devices_day.py", "e2e/test_membership.py"),
    *("e2e/test_wan.py", "e2e/test_way_in.py"),
)
"""They share one twin."""
STACKS: Final = (
    "stacks/test_labs.py",
    "stacks/test_permissions.py",
    "stacks/test_quotas.py",
    "stacks/test_templates.py",
)
"""They share one Node and what it synthesised."""
ALONE: Final = ("e2e/test_demo_struck.py", "twin/sandbox/test_moments.py")
"""Each of their tests brings a twin of its own."""
BY_CASE: Final = ("twin/routers/test_healing.py",)
"""Each of their cases has a sandbox of its own, which its tests share."""
SOURCE: Final = (
    *("repo/test_names.py", "lab/design/test_names.py", "ios/test_one_of_each.py"),
    *("twin/awsregion/test_callers.py", "twin/awsregion/test_layers.py"),
)
"""They share the trees of all sources."""
SHARED: Final = {"e2e/cuts": CUTS, "stacks": STACKS, "source": SOURCE}
ORDINARY: Final = ("ordinary_user", "three_sites")
"""Of tests of ``e2e/test_demo.py`` in the ordinary user's clone."""
TWO_SITES: Final = ("a_lab_of_two_sites", "two_breaks_at_once", "a_site_alone")
"""Tests of ``e2e/test_verify.py`` in the second of its twins."""


def scope_of(nodeid: str) -> str:
    """Return what a test shares a process with.

    >>> scope_of("tests/e2e/test_breaks.py::test_a")
    'e2e/cuts'
    >>> scope_of("tests/e2e/test_verify.py::test_a_lab_of_two_sites_is_sound")
    'e2e/test_verify.py two sites'
    >>> scope_of("tests/twin/routers/test_healing.py::test_a[breaks from 3]")
    'twin/routers/test_healing.py breaks from 3'
    >>> scope_of("tests/lab/test_rpf.py::test_a[b]")
    'lab/test_rpf.py'
    """
    path, _, name = nodeid.removeprefix("tests/").partition("::")
    shared = next((scope for scope, paths in SHARED.items() if path in paths), None)
    if shared is not None:
        return shared
    if path in ALONE:
        return f"{path} {name}"
    if path in BY_CASE:
        return f"{path} {name.partition('[')[2].rstrip(']')}"
    if path == "e2e/test_demo.py" and any(word in name for word in ORDINARY):
        return f"{path} ordinary"
    if path == "e2e/test_verify.py" and name.removeprefix("test_").startswith(TWO_SITES):
        return f"{path} two sites"
    return path


def rank(nodeid: str) -> int:
    """Return the place in the order of what takes longest."""
    scope = scope_of(nodeid)
    return next((place for place, prefix in enumerate(LONGEST) if scope.startswith(prefix)), len(LONGEST))


class Balanced(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each process that is free the next scope, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        """Take the order as it is."""
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)

    def _reschedule(self, node: Any) -> None:
        # A process needs one more test to begin the one before; with two it would keep the next scope from others.
        if self.workqueue and self._pending_of(self.assigned_work[node]) > 1:
            return
        super()._reschedule(node)
