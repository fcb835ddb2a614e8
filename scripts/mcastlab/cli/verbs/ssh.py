"""``ssh NODE [-- COMMAND]``: the one way into a router, a host or a device, in AWS and in the twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import TargetVerb, positional, switch
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.cli.context import Context


class SshVerb(TargetVerb):
    """Open a shell in a router, host or device, or run a command there."""

    examples: ClassVar = ("ssh phone-1", "ssh doppel-1 -- ip maddress")
    rank: ClassVar = 105
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.nodes")
    passes_on: ClassVar = "command"

    node: str | None = positional(default=None, nargs="?", metavar="NODE", help="Router, host or device of the lab")
    command: tuple[str, ...] = positional(
        default=(), nargs="*", metavar="COMMAND", help="Command and its arguments, after -- (default: a shell)"
    )

    stdio: bool = switch("--stdio", help="Be a ProxyCommand: pass standard input and output to the SSH port of NODE")

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.nodes import nodes_of, open_node, pass_through

        if self.node is None:
            listed = ", ".join(name for name in nodes_of(context.lab) if "/" not in name)
            raise BadInputError(f"ssh needs a node: {listed}", hint=context.command("ssh", "NODE"))
        if self.stdio:
            return pass_through(context, self.node)
        return open_node(context, self.node, self.command)
