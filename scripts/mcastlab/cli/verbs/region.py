"""``region``: the local AWS region by itself, without remote sites: up, status, env, down, and faults on demand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from mcastlab.cli.arguments import Verb, option, positional, quotas, slow, switch
from mcastlab.cli.numbers import COUNT, TCP_PORT, number
from mcastlab.cli.shell_environment import entering, leaving
from mcastlab.command_line import command
from mcastlab_base.errors import CheckFailedError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.control import RegionControl
    from awsregion.standalone import Standalone
    from mcastlab.cli.context import Context

DEFAULT_NAME: Final = "default"


class OfRegionVerb(Verb):
    """A verb on a region."""

    name: str | None = option("--name", metavar="NAME", help="Name of the region (default: default)")

    @property
    def named(self) -> str:
        """The region's name."""
        return self.name or DEFAULT_NAME


def _show(running: Standalone) -> int:
    print(f"region {running.name}: {running.region} on {running.endpoint}, process {running.pid}, log {running.log}")
    return ExitCode.OK


def _found(name: str) -> Standalone:
    """Return the region of that name.

    Raises:
        CheckFailedError: it does not run.
    """
    from awsregion import standalone

    running = standalone.find(name)
    if running is None:
        named = () if name == DEFAULT_NAME else ("--name", name)
        raise CheckFailedError(f"no region called {name} is up", hint=f"start one: {command('region', *named, 'up')}")
    return running


class RegionUpVerb(OfRegionVerb):
    """Start the region in the background, or show the running one."""

    examples: ClassVar = ("region up", "region up --quota vpc=20")

    region: str = option("--region", default="us-east-1", help="AWS Region (default: us-east-1)")
    host: str = option("--host", default="127.0.0.1", help="Loopback address (default: 127.0.0.1)")
    port: int = option("--port", type=TCP_PORT, default=0, help="TCP port (default: 0, a free one)")
    settle: float = option(
        "--settle",
        type=number(float, 0, 3600),
        default=0.02,
        metavar="S",
        help="Seconds that states such as pending last (default: 0.02)",
    )
    quota: tuple[str, ...] = quotas()
    slow: str | None = slow()

    def __call__(self, _context: Context) -> int:
        from awsregion import standalone
        from awsregion.quota_options import raised
        from awsregion.slowness import rate_of

        raised(self.quota)
        rate = None if self.slow is None else rate_of(self.slow)
        return _show(
            standalone.find(self.named)
            or standalone.up(
                self.named,
                region=self.region,
                host=self.host,
                port=self.port,
                settle_s=self.settle,
                quotas=self.quota,
                slow=rate,
            )
        )


class RegionStatusVerb(OfRegionVerb):
    """Show the named region, or all of them."""

    examples: ClassVar = ("region status",)

    def __call__(self, _context: Context) -> int:
        from awsregion import standalone

        if self.name is not None:
            return _show(_found(self.name))
        names = standalone.names()
        for name in names:
            running = standalone.find(name)
            if running is None:
                print(f"region {name}: down; its state is kept for the next up")
            else:
                _show(running)
        if not names:
            print(f"there is no region; one is started by: {command('region', 'up')}")
        return ExitCode.OK


class RegionEnvVerb(OfRegionVerb):
    """Print the environment of cdk, aws and boto3, for eval."""

    examples: ClassVar = ("region env", "region env --undo")
    evaluated: ClassVar = True

    undo: bool = switch("--undo", help="Restore the previous environment of the shell")

    def __call__(self, _context: Context) -> int:
        from awsregion import standalone
        from mcastlab_twin.foreign_environment import foreign

        if self.undo:
            lines = leaving(os.environ)
        else:
            lines = entering(standalone.environment(_found(self.named)), foreign(os.environ), os.environ)
        print(*lines, sep="\n")
        return ExitCode.OK


class RegionDownVerb(OfRegionVerb):
    """Stop the region and remove its state."""

    examples: ClassVar = ("region down", "region down --keep")

    keep: bool = switch("--keep", help="Keep the state for the next start")

    def __call__(self, _context: Context) -> int:
        from awsregion import standalone

        there = standalone.down(self.named, keep=self.keep)
        outcome = ("ended, its state kept" if self.keep else "removed") if there else "there was none"
        print(f"region {self.named}: {outcome}")
        return ExitCode.OK


class RegionAdvanceVerb(OfRegionVerb):
    """Move the region's clock forward."""

    examples: ClassVar = ("region advance --days 14",)

    days: float = option("--days", type=number(float, 0, 36_500), default=0.0, metavar="N", help="Days")
    minutes: float = option("--minutes", type=number(float, 0, 1_000_000), default=0.0, metavar="N", help="Minutes")

    def __call__(self, _context: Context) -> int:
        import asyncio

        from awsregion.control import RegionControl

        asyncio.run(RegionControl(_found(self.named).control).advance(self.days * 86400 + self.minutes * 60))
        return ExitCode.OK


class RegionPublishVerb(OfRegionVerb):
    """Publish newer images."""

    examples: ClassVar = ("region publish",)

    def __call__(self, _context: Context) -> int:
        import asyncio

        from awsregion.control import RegionControl

        asyncio.run(RegionControl(_found(self.named).control).publish())
        return ExitCode.OK


class FaultListVerb(OfRegionVerb):
    """List pending faults."""

    examples: ClassVar = ("region fault list",)

    def __call__(self, _context: Context) -> int:
        import asyncio

        from awsregion.control import RegionControl

        asyncio.run(self._changed(RegionControl(_found(self.named).control)))
        return ExitCode.OK

    async def _changed(self, control: RegionControl) -> None:
        await self.change(control)
        left = await control.faults()
        for one in left:
            print(f"{one.what} {one.target}: {'always' if one.times is None else f'{one.times} times'}")
        if not left:
            print("nothing is to fail")

    async def change(self, control: RegionControl) -> None:
        """Change what is to fail."""


class FaultClearVerb(FaultListVerb):
    """Clear all faults."""

    examples: ClassVar = ("region fault clear",)

    async def change(self, control: RegionControl) -> None:
        await control.clear_faults()


class FaultDelayVerb(FaultListVerb):
    """Delay the states of a resource type."""

    examples: ClassVar = ("region fault delay AWS::EC2::VPNConnection 30",)

    target: str = positional(help="Resource type")
    seconds: float = positional(type=number(float, 0, 86_400), help="Seconds")

    async def change(self, control: RegionControl) -> None:
        await control.delay(self.target, self.seconds)


class FaultLoseVerb(FaultListVerb):
    """Remove a gateway's attachment."""

    examples: ClassVar = ("region fault lose tgw-attach-0123456789abcdef0",)

    target: str = positional(help="Attachment id")

    async def change(self, control: RegionControl) -> None:
        await control.lose(self.target)


def _strike(
    what: Literal["create", "update", "delete", "throttle", "deny", "expire", "unsubscribe"],
    summary: str,
    target_help: str = "Logical id or resource type",
    example: str = "AWS::EC2::VPC",
) -> Mapping[str, type[Verb]]:
    """Return a command that lets something fail once, or more often."""

    class FaultStrikeVerb(FaultListVerb):
        target: str = positional(help=target_help)
        times: int = option("--times", type=COUNT, default=1, metavar="N", help="Number of times (default: 1)")
        always: bool = switch("--always", help="Until faults are cleared")

        async def change(self, control: RegionControl) -> None:
            from awsregion.faults import RegionFault

            await control.fail(RegionFault(what=what, target=self.target, times=None if self.always else self.times))

    FaultStrikeVerb.__doc__ = summary
    FaultStrikeVerb.examples = (f"region fault {what} {example}",)
    return {what: FaultStrikeVerb}


class FaultVerb(Verb):
    """Make requests or resources fail."""

    metavar: ClassVar = "FAULT"
    verbs: ClassVar[Mapping[str, type[Verb]]] = {
        **_strike("create", "Fail the creation of a resource."),
        **_strike("update", "Fail the update of a resource."),
        **_strike("delete", "Fail the deletion of a resource."),
        **_strike("throttle", "Throttle an action.", "API action, for example CreateVpc", "CreateVpc --times 3"),
        **_strike(
            "deny", "Deny an action, as the caller's policies may.", "API action, for example CreateVpc", "CreateVpc"
        ),
        **_strike(
            "expire", "Answer that the session's token has expired.", "API action, or *", "ec2:DescribeInstances"
        ),
        **_strike(
            "unsubscribe", "Refuse a Marketplace image as not subscribed.", "Image id, product code, or *", "'*'"
        ),
        "delay": FaultDelayVerb,
        "lose": FaultLoseVerb,
        "list": FaultListVerb,
        "clear": FaultClearVerb,
    }


class RegionVerb(OfRegionVerb):
    """Manage a local AWS region alone."""

    rank: ClassVar = 130
    verbs: ClassVar[Mapping[str, type[Verb]]] = {
        "up": RegionUpVerb,
        "status": RegionStatusVerb,
        "env": RegionEnvVerb,
        "down": RegionDownVerb,
        "advance": RegionAdvanceVerb,
        "publish": RegionPublishVerb,
        "fault": FaultVerb,
    }
