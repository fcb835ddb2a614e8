"""How long what a lab runs on may take by its protocols' own timers: whoever waits for it waits as long.

Sources: RFC 7761, section 4.11 (Hello_Period, Triggered_Hello_Delay); RFC 7296, section 2.4, and Cisco's defaults of
IKEv2 retransmission; Cisco, BGP, "open active delayed" (35 s at most, with jitter).
"""

from __future__ import annotations

from typing import Final

IKEV2_S: Final = 30.0
"""Until a tunnel whose first exchange was lost is negotiated again."""
BGP_OPEN_S: Final = 35.0
"""Until an open that failed comes again."""
PIM_HELLO_S: Final = 30.0
"""Between two hellos."""
PIM_TRIGGERED_HELLO_S: Final = 5.0
"""Until a new neighbour is answered, at most."""
MARGIN_S: Final = 5.0
"""For the answer itself, and for who asks."""

VPN_COMES_UP_S: Final = IKEV2_S + MARGIN_S
BGP_COMES_UP_S: Final = BGP_OPEN_S + MARGIN_S
PIM_COMES_UP_S: Final = PIM_HELLO_S + PIM_TRIGGERED_HELLO_S + MARGIN_S
NEIGHBOURS_COME_UP_S: Final = max(BGP_COMES_UP_S, PIM_COMES_UP_S)
"""Until every neighbour is back that a change took away."""
