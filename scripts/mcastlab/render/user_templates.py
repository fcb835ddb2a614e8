"""A lab's own templates: lines beside ours, rendered with the same values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.render.engine import Filled, fill_in
from mcastlab_base.errors import BadInputError
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcastlab.lab.own_files import FileOfLab

_UNFIT: Final = re.compile(
    r"^(?:end|exit|quit|do|configure|banner|certificate|crypto pki (?:certificate|authenticate|enroll)|crypto key|macro"
    r"|tclsh|no username|no enable secret|no crypto (?:pki|key)|no key config-key)\b"
)
"""Words that leave the configuration, are no lines of one, take text that a comparison of lines cannot follow, or
remove what a router asks about before it does, and then shows no line of."""
_RULE: Final = "!\n"


def with_own(ours: Filled, file: FileOfLab | None, values: Mapping[str, object]) -> Filled:
    """Return our lines and after them those of a lab's own template, if it has one.

    Raises:
        BadInputError: the template is missing or broken, leads out of the lab file's folder, wants values that are not
            there, or holds a line that is no configuration; the text names file and line of each problem.
    """
    if file is None:
        return ours
    path = Path(file.folder, file.path)
    own = fill_in(path.name, values, folder=path.parent, root=Path(file.folder))
    unfit = [
        f"{origin}: {found[0]!r} cannot stand in a template"
        for line, origin in zip(own.shown.splitlines(), own.origins, strict=True)
        if (found := _UNFIT.match(line.strip())) is not None
    ]
    if unfit:
        raise BadInputError(
            "\n".join(unfit),
            hint="write lines as `show running-config` prints them; banners, keys and users are changed by hand",
        )
    return Filled(
        shown=f"{ours.shown}{_RULE}{own.shown}",
        text=Secret(f"{ours.text.reveal()}{_RULE}{own.text.reveal()}"),
        origins=(*ours.origins, str(path), *own.origins),
    )


def refuse_all(problems: Iterable[BadInputError]) -> None:
    """Raise the problems of several templates as one.

    Raises:
        BadInputError: there is a problem.
    """
    found = list(problems)
    if found:
        lines = dict.fromkeys(line for each in found for line in each.text.splitlines())
        raise BadInputError("\n".join(lines), hint=found[0].hint)
