"""What verbs are asked for that send from every sender to every receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.cli.arguments import SiteVerb, option
from mcastlab.cli.delivery import CasesVerb
from mcastlab.traffic import STREAMS
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.traffic.options import Options


class MatrixVerb(SiteVerb, CasesVerb):
    """A verb that sends from every sender to every receiver."""

    stream: str = option("--stream", choices=STREAMS, default="plain", help="What is sent (default: plain)")
    rate: int | None = option(
        "--rate", type=int, metavar="PPS", help="Find the sustained rate, up to PPS packets per second"
    )

    def played(self) -> Options:
        """Return how traffic is to be played.

        Raises:
            BadInputError: the rate is none.
        """
        from mcastlab.traffic.options import Options  # noqa: PLC0415  (help makes no streams)

        if self.rate is not None and self.rate < 1:
            raise BadInputError(f"--rate {self.rate} is no rate", hint="datagrams a second, 1 or more")
        return Options(stream=self.stream, rate_pps=self.rate, site=self.site)
