"""Has pimd install the multicast routes that it has and the kernel has not.

An RP beside a source may hear a remote site's (S,G,rpt) prune before it hears the source: pimd 8.4 then makes an (S,G)
without incoming interface (`pim_upstream_new`: conformance test PIM-SM 16.3), joins it, and never gives it to the
kernel, as long as the site joins and the source sends. ``clear ip pim oil`` looks up the incoming interface of every
(S,G) again, and leaves those alone that have the right one.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from mcastlab_twin.services.service import Background, ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab_twin.services.frr import Frr

INTERVAL_S: Final = 0.2
"""Between two looks; one look opens one socket.

A source is registered until it is joined, which takes longer: what is installed until then costs it nothing.
"""

_SUMMARY: Final = "show ip mroute summary json"
_log = logging.getLogger(__name__)


class MrouteWatch(Background):
    """Looks after the pimd of the namespace `netns`, while it runs."""

    def __init__(self, netns: str, frr: Frr) -> None:
        super().__init__(f"multicast routes of {netns}")
        self._netns = netns
        self._frr = frr

    def begin(self) -> None:
        """Look from now on; returns at once. Harmless when it looks already."""
        self.start(self._look_always)

    async def _look_always(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                installed = await self._install()
            except (ServiceError, OSError, TimeoutError) as failure:
                # A daemon that has ended is started again by whoever keeps this router.
                _log.debug("multicast routes of %s: %s", self._netns, failure)
                continue
            if installed > 0:
                _log.warning(
                    "%s: pimd had not installed %d of its multicast routes; it has now", self._netns, installed
                )

    async def _install(self) -> int:
        """Have what is missing installed; returns how many were, less those whose incoming interface is gone."""
        before = await self._frr.show(_SUMMARY)
        if not missing(before):
            return 0
        await self._frr.clear("ip pim oil")
        return missing(before) - missing(await self._frr.show(_SUMMARY))


def missing(summary: Mapping[str, Mapping[str, int]]) -> int:
    """Return how many (S,G) of ``show ip mroute summary json`` the kernel does not have."""
    sources = summary.get("sourceGroup", {})
    return sources.get("total", 0) - sources.get("installed", 0)
