"""Files: ``write``, ``copy``, ``dir``, ``more``, ``delete``, ``erase``.

Source: Cisco, Configuration Fundamentals ExecCommand Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.config.editor import Place
from iosxe.files import FileRefusedError, Url, url_of
from iosxe.shell.console import PRIVILEGED, Args, Console, ExecCommand
from iosxe.show import system

if TYPE_CHECKING:
    from iosxe.device import RouterDevice

STARTUP: Final = Url("nvram", "startup-config")
RUNNING: Final = Url("system", "running-config")
SAVING: Final = "Building configuration...\n"
ERASE: Final = "Erasing the nvram filesystem will remove all configuration files! Continue?"


def save(device: RouterDevice) -> str:
    """Save the running configuration, and archive it where the archive says so."""
    try:
        device.save()
        if device.archive.follows_saves(device.running):
            device.archive.save(device.running, device.running_text(), device.now())
    except FileRefusedError as refusal:
        return f"{SAVING}{refusal}"
    return f"{SAVING}[OK]\n"


async def _write(console: Console, _args: Args) -> str:
    return save(console.device)


async def _named(console: Console, url: Url, prompt: str = "Destination filename") -> Url:
    """Ask for a file's name, unless prompts are quiet."""
    if console.device.running.root.arg("file prompt", "kind") == "quiet":
        return url
    answer = (await console.ask(f"{prompt} [{url.name}]? ")).strip()
    return Url(url.system, answer) if answer else url


async def _copy(console: Console, args: Args) -> str:
    device = console.device
    source, target = url_of(args["source"]), url_of(args["target"])
    if target.system == "bootflash" and not target.name:
        target = Url(target.system, source.name)
    target = await _named(console, target)
    if (source, target) == (RUNNING, STARTUP):
        return save(device)
    text = device.read(source)
    refused = _merge(device, text, console.user) if target == RUNNING else _put(device, target, text)
    return f"{refused}{len(text)} bytes copied in 0.059 secs ({round(len(text) / 0.059)} bytes/sec)\n"


def _put(device: RouterDevice, target: Url, text: str) -> str:
    device.write(target, text)
    return ""


def _merge(device: RouterDevice, text: str, user: str) -> str:
    """Take a file's lines into the running configuration, and return what was said of them."""
    place: Place | None = Place()
    answers: list[str] = []
    for line in text.splitlines():
        taken = device.take(place or Place(), line, user=user)
        place = taken.place
        answers.append(taken.answer)
    return "".join(answers)


async def _dir(console: Console, args: Args) -> str:
    url = url_of(args.get("url", "bootflash:"))
    if url.system != "bootflash":
        return f"%Error opening {url.system}:/ (Permission denied)\n"
    if url.name and url.name not in console.device.flash.files:
        return f"%Error opening bootflash:/{url.name} (No such file or directory)\n"
    return console.device.flash.listing()


async def _more(console: Console, args: Args) -> str:
    return console.device.read(url_of(args["url"]))


async def _delete(console: Console, args: Args) -> str:
    url = url_of(args["url"])
    if "force" not in args:
        url = await _named(console, url, "Delete filename")
        if not await console.confirm(f"Delete {url.system}:/{url.name}?"):
            return "Delete of bootflash aborted!\n"
    console.device.flash.delete(url.name)
    return ""


async def _erase(console: Console, _args: Args) -> str:
    if not await console.confirm(ERASE):
        return ""
    console.device.startup = None
    return "[OK]\nErase of nvram: complete\n"


async def _startup(console: Console, _args: Args) -> str:
    return system.startup(console.device.startup)


COMMANDS: Final = (
    ExecCommand("write [memory]", _write, PRIVILEGED),
    ExecCommand("write erase", _erase, PRIVILEGED),
    ExecCommand("erase startup-config", _erase, PRIVILEGED),
    ExecCommand("erase nvram:", _erase, PRIVILEGED),
    ExecCommand("copy <source:file> <target:file>", _copy, PRIVILEGED),
    ExecCommand("dir [<url:file>]", _dir, PRIVILEGED),
    ExecCommand("more <url:file>", _more, PRIVILEGED),
    ExecCommand("delete [{force:/force}] [{recursive:/recursive}] <url:file>", _delete, PRIVILEGED),
    ExecCommand("delete {recursive:/recursive} {force:/force} <url:file>", _delete, PRIVILEGED),
    ExecCommand("show startup-config", _startup, PRIVILEGED),
)
