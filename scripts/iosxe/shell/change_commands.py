"""The archive, confirmed changes, ``configure replace`` and ``reload``.

Source: Cisco IOS-XE 17, Managing Configuration Files.
"""

from __future__ import annotations

from typing import Final

from iosxe.config.differences import contextual, incremental
from iosxe.files import url_of
from iosxe.shell.console import PRIVILEGED, Args, Console, ExecCommand
from iosxe.shell.file_commands import save
from iosxe.transactions import ARCHIVE_OFF, ARCHIVE_OFF_FOR_TRIGGER, Kind

ENTER: Final = "Enter configuration commands, one per line.  End with CNTL/Z.\n"
SURE: Final = """\
This will apply all necessary additions and deletions
to replace the current running configuration with the
contents of the specified configuration file, which is
assumed to be a complete configuration, not a partial
configuration. Enter Y if you are sure you want to proceed. ? [no]: """
MINUTES: Final = "<minutes:1-120>"


async def _configure(console: Console, args: Args) -> str:
    if "terminal" not in args:
        answer = await console.ask("Configuring from terminal, memory, or network [terminal]? ")
        if answer.strip() and not "terminal".startswith(answer.strip().lower()):
            return '?Must be "terminal", "memory" or "network"\n'
    armed = ""
    if "minutes" in args:
        armed = console.device.transactions.arm(kind=_kind(args), minutes=int(args["minutes"]), user=console.user)
        if console.device.transactions.pending is None or not armed.startswith("Rollback"):
            return armed
    console.configure()
    return f"{armed}{ENTER}"


def _kind(args: Args) -> Kind:
    return "idle" if "idle" in args else "absolute"


async def _confirm(console: Console, _args: Args) -> str:
    return console.device.transactions.confirm(console.user)


async def _revert(console: Console, args: Args) -> str:
    transactions = console.device.transactions
    if "minutes" not in args:
        return transactions.revert_now()
    return transactions.set_timer(kind=_kind(args), minutes=int(args["minutes"]), user=console.user)


async def _replace(console: Console, args: Args) -> str:
    """Replace the running configuration; with a timer or a trigger, the one of before is archived first."""
    device, minutes = console.device, args.get("minutes")
    guarded = minutes is not None or "trigger" in args
    if guarded and device.archive.path(device.running) is None:
        return ARCHIVE_OFF if minutes is not None else ARCHIVE_OFF_FOR_TRIGGER
    text = device.read(url_of(args["url"]))
    if "force" not in args and not (await console.ask(SURE)).strip().lower().startswith("y"):
        return ""
    backup = device.archive.save(device.running, device.running_text(), device.now()) if guarded else None
    if backup is not None:
        limit = int(minutes) if minutes is not None else None
        device.transactions.guard_replacement(minutes=limit, user=console.user, backup=backup)
    saved = f"Rollback Confirmed Change: Backing up current running config to {backup}\n\n" if backup else ""
    return saved + device.transactions.replace(
        text, listed="list" in args, on_error="trigger" in args, user=console.user
    )


async def _archive(console: Console, _args: Args) -> str:
    device = console.device
    device.archive.save(device.running, device.running_text(), device.now())
    return ""


async def _show_archive(console: Console, _args: Args) -> str:
    return console.device.archive.show(console.device.running)


async def _differences(console: Console, args: Args) -> str:
    """Compare two files; without names the start-up with the running configuration, with one that with the running."""
    first, second = args.get("first", "nvram:startup-config"), args.get("second", "system:running-config")
    return contextual(console.device.read(url_of(first)), console.device.read(url_of(second)))


async def _incremental(console: Console, args: Args) -> str:
    return incremental(console.device.read(url_of(args["file"])), console.device.running_text())


async def _timer(console: Console, _args: Args) -> str:
    return console.device.transactions.show_timer()


async def _reload(console: Console, _args: Args) -> str:
    device = console.device
    if device.running is not device.saved:
        answer = (await console.ask("System configuration has been modified. Save? [yes/no]: ")).strip().lower()
        if answer and "yes".startswith(answer):
            save(device)
    if not await console.confirm("Proceed with reload?"):
        return ""
    if device.reload is not None:
        device.reload()
    console.leave()
    return ""


COMMANDS: Final = (
    ExecCommand(f"configure [{{terminal:terminal}} [revert timer [{{idle:idle}}] {MINUTES}]]", _configure, PRIVILEGED),
    ExecCommand("configure confirm", _confirm, PRIVILEGED),
    ExecCommand(f"configure revert (now | timer [{{idle:idle}}] {MINUTES})", _revert, PRIVILEGED),
    ExecCommand(
        "configure replace <url:file> [nolock] [{list:list}] [{force:force}] [{list:list}] [ignorecase] [nolock]"
        f" [revert {{trigger:trigger}} [error] [timer {MINUTES}] | time {MINUTES}]",
        _replace,
        PRIVILEGED,
    ),
    ExecCommand("archive config", _archive, PRIVILEGED),
    ExecCommand("show archive", _show_archive, PRIVILEGED),
    ExecCommand(
        "show archive config differences [<first:file> [<second:file>]] [ignorecase]", _differences, PRIVILEGED
    ),
    ExecCommand("show archive config incremental-diffs <file:file> [ignorecase]", _incremental, PRIVILEGED),
    ExecCommand("show archive config rollback timer", _timer, PRIVILEGED),
    ExecCommand("reload", _reload, PRIVILEGED),
)
