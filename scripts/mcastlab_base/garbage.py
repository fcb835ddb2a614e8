"""How often a process looks for garbage in cycles: seldom, as what it loads first stays until its end.

The command line, the twin, a region and the tests all begin so.
"""

from __future__ import annotations

import gc
from typing import Final

_AFTER: Final = (100_000, 20, 20)
"""New objects that are left over, and collections of the younger generation: as `gc.set_threshold` takes them."""


def collect_seldom() -> None:
    """Leave what there is out of every collection, and have far fewer of them; counting references goes on as ever.

    Modules, models and tables of thousands of routes hold few cycles: to look through them for some takes up to half
    of the time of making them. Source: Python, `gc.freeze`, `gc.set_threshold`.

    >>> collect_seldom()
    >>> gc.get_threshold()
    (100000, 20, 20)
    """
    gc.freeze()
    gc.set_threshold(*_AFTER)
