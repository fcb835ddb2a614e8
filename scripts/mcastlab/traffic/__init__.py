"""Proof by packets: numbered datagrams from a sender to receivers, and silence where nobody joined.

The names of the streams stand here, as the command line's help lists them without making any.
"""

from __future__ import annotations

from typing import Final

PLAIN: Final = "plain"
MEDIA: Final = ("g711u", "g711a", "g722", "l16", "h264", "ts")
"""The streams in RTP."""
STREAMS: Final = (PLAIN, *MEDIA)
