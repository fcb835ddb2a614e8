"""Take lines into a configuration, as the configuration mode of IOS does. Pure: values in, values out."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from iosxe.config import access
from iosxe.config.edit import plain, put_row
from iosxe.config.modes import ADDRESS_FAMILY, Meaning, Mode, mode
from iosxe.config.node import KEPT, Change, Config, Problem, Remark, Row, SectionPath
from iosxe.grammar.names import split_name
from iosxe.grammar.trie import Match, Refusal


@dataclass(frozen=True, slots=True)
class Frame:
    """A mode and the section that it works on."""

    mode: str
    path: SectionPath


TOP: Final = (Frame("config", ()),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """A banner whose delimiter has not come yet."""

    kind: str
    end: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a session stands: the sections that it has opened, innermost last, and a text that it has begun."""

    frames: tuple[Frame, ...] = TOP
    key_data: str = ""
    banner: Banner | None = None

    @property
    def mode(self) -> Mode:
        """The mode that it is in."""
        return mode(self.frames[-1].mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a line. `place` is None when it has left configuration mode; `do` is a command to run."""

    config: Config
    place: Place | None
    answer: str = ""
    refused: bool = False
    do: str = ""


def take(config: Config, place: Place, line: str, *, prompt: str = "", interfaces: tuple[str, ...] = ()) -> Taken:
    """Take one line of configuration.

    Args:
        config: the configuration so far.
        place: where the session stands in it.
        line: what was typed.
        prompt: what stands before it on the screen; the caret counts from there.
        interfaces: the physical interfaces of the router.
    """
    if place.banner is not None:
        return _banner(config, place.frames, replace(place.banner, text=f"{place.banner.text}\n{line}"))
    if place.frames[-1].mode == "ssh-pubkey-data":
        return _key_data(config, place, line.strip())
    frames = _existing(config, place.frames)
    if not line.strip() or line.lstrip().startswith("!"):
        return Taken(config=config, place=Place(frames=frames))
    found, depth = _search(frames, line)
    if isinstance(found, Refusal):
        return _not_known(config, frames, line, found.text(line, prompt))
    if found.leaf.row is None:
        return _verb(config, frames, found)
    return _row(config, frames[: depth + 1], found.leaf.row, found, line=line, prompt=prompt, interfaces=interfaces)


def _not_known(config: Config, frames: tuple[Frame, ...], line: str, refusal: str) -> Taken:
    """Refuse a line, unless the configuration keeps it, or the contrary, as text: then it stays, or goes."""
    said = line.strip()
    place = Place(frames=frames)
    for frame in reversed(frames):
        for key, node in config.at(frame.path).children.items():
            first = node.line.partition("\n")[0]
            if key[:2] == (KEPT.slot, frame.mode) and said in {first, f"no {first}", first.removeprefix("no ")}:
                return Taken(config=config if said == first else config.drop(frame.path, key), place=place)
    return Taken(config=config, place=place, answer=refusal, refused=True)


def _existing(config: Config, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Leave sections that another session has removed."""
    for index, frame in enumerate(frames):
        try:
            config.at(frame.path)
        except KeyError:
            return frames[:index]
    return frames


def _search(frames: tuple[Frame, ...], line: str) -> tuple[Match[Meaning] | Refusal, int]:
    """Look for a line in the innermost mode, then in those around it; the refusal that understood most is reported."""
    refusals: list[tuple[Refusal, int]] = []
    for depth in range(len(frames) - 1, -1, -1):
        found = mode(frames[depth].mode).grammar.match(line)
        if isinstance(found, Match):
            return found, depth
        refusals.append((found, depth))
        if found.kind != "invalid":
            break
    return max(refusals, key=lambda each: (each[0].depth, each[0].column))


def _verb(config: Config, frames: tuple[Frame, ...], found: Match[Meaning]) -> Taken:
    match found.leaf.verb:
        case "end":
            return Taken(config=config, place=None)
        case "do":
            return Taken(config=config, place=Place(frames=frames), do=found.args["command"])
        case _:
            return Taken(config=config, place=Place(frames=frames[:-1]) if len(frames) > 1 else None)


def _row(
    config: Config,
    frames: tuple[Frame, ...],
    row: Row,
    found: Match[Meaning],
    *,
    line: str,
    prompt: str,
    interfaces: tuple[str, ...],
) -> Taken:
    change = Change(
        config=config,
        path=frames[-1].path,
        row=row,
        args=found.args,
        line=" ".join(found.words),
        form=found.leaf.form,
        interfaces=interfaces,
    )
    verdict = row.check(change) if row.check is not None else None
    if isinstance(verdict, Problem):
        answer = verdict.text or _caret(found, verdict.marks, line, prompt)
        return Taken(config=config, place=Place(frames=frames), answer=answer, refused=True)
    remark = verdict.text if isinstance(verdict, Remark) else ""
    if row is access.KEY_STRING:
        data = (*frames, Frame("ssh-pubkey-data", frames[-1].path))
        return Taken(config=config, place=Place(frames=data))
    if row is access.BANNER and not change.unset:
        given = found.args["text"]
        end = access.BANNER_END if given.startswith(access.BANNER_END) else given[0]
        return _banner(config, frames, Banner(kind=found.args["kind"], end=end, text=given.removeprefix(end)))
    changed = (row.apply or plain)(change)
    if row.enters and not change.unset:
        inside = frames[-1].path if row is ADDRESS_FAMILY else (*frames[-1].path, change.key)
        frames = (*frames, Frame(row.enters, inside))
    return Taken(config=changed, place=Place(frames=frames), answer=remark)


def _caret(found: Match[Meaning], marks: str, line: str, prompt: str) -> str:
    """Put the caret under an argument; below the number where it is an interface's name."""
    column = found.columns.get(marks, len(line) - len(line.lstrip()))
    number = split_name(found.args.get(marks, ""))[1]
    if number:
        column = line.index(number, column)
    return Refusal("invalid", column).text(line, prompt)


def _banner(config: Config, frames: tuple[Frame, ...], banner: Banner) -> Taken:
    """Take the text of a banner up to its delimiter; what comes behind that in its line is nothing."""
    text, ended, _ = banner.text.partition(banner.end)
    if not ended:
        more = "" if "\n" in banner.text else f"Enter TEXT message.  End with the character '{banner.end}'.\n"
        return Taken(config=config, place=Place(frames=frames, banner=banner), answer=more)
    args = {"kind": banner.kind, "text": text}
    line = access.BANNER.text(args) if access.BANNER.text is not None else ""
    return Taken(config=put_row(config, (), access.BANNER, args, line), place=Place(frames=frames))


def _key_data(config: Config, place: Place, line: str) -> Taken:
    """Collect the lines of a public key up to ``exit``; what is kept is its MD5 hash."""
    if line != "exit":
        return Taken(config=config, place=replace(place, key_data=place.key_data + " " + line))
    outside = Place(frames=place.frames[:-1])
    words = place.key_data.split()
    kind = words.pop(0) if words[:1] == ["ssh-rsa"] else "ssh-rsa"
    for length in range(len(words), 0, -1):
        try:
            blob = base64.b64decode("".join(words[:length]), validate=True)
        except binascii.Error:
            continue
        if blob.startswith(b"\x00\x00\x00\x07ssh-rsa"):
            args = {"kind": kind, "hash": hashlib.md5(blob, usedforsecurity=False).hexdigest().upper()}
            args |= {"comment": " ".join(words[length:])} if words[length:] else {}
            text = " ".join(("key-hash", *args.values()))
            return Taken(config=put_row(config, place.frames[-1].path, access.KEY_HASH, args, text), place=outside)
    return Taken(config=config, place=outside, answer="%SSH: Failed to decode the Key Value\n", refused=True)
