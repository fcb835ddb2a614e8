"""The wire that tests of the probe share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traffic.wire import Host, wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcastlab.lab.model import Lab


@pytest.fixture(name="lab", scope="module")
def _lab(lab: Lab) -> Lab:
    """The default lab without its appliance, which is not on the wire, and whose groups may be heard in its LAN."""
    sites = tuple(site.model_copy(update={"devices": site.machines}) for site in lab.sites)
    return lab.model_copy(update={"sites": sites})


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> Iterator[Mapping[str, Host]]:
    """The hosts and devices of the default lab on a wire."""
    with wire((*lab.host_names, *(device.name for site in lab.sites for device in site.machines))) as made:
        yield made
