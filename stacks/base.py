"""What every stack of a lab shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import Construct

    from mcastlab.lab.design.names import OutputKey
    from mcastlab.lab.model import Lab


class LabStack(cdk.Stack):
    """A stack of a lab: its region is the lab file's, its account the caller's, and nothing is looked up at synth."""

    def __init__(self, scope: Construct, id_: str, *, lab: Lab, description: str) -> None:
        super().__init__(
            scope,
            id_,
            description=description,
            stack_name=id_,  # in a stage too, as the toolkit finds stacks by their names
            env=cdk.Environment(region=lab.region),
            # The template travels inline, so that an account needs no bootstrap.
            synthesizer=cdk.LegacyStackSynthesizer(),
        )

    @property
    def availability_zones(self) -> list[str]:
        """The zones that constructs may use; named here because the CDK would look them up in the account."""
        return [self.zone(letter) for letter in "abc"]

    def zone(self, letter: str) -> str:
        """Return the name of an availability zone in the stack's region, resolved at deployment."""
        return cdk.Fn.join("", [cdk.Aws.REGION, letter])


def publish(stack: LabStack, key: OutputKey, value: str) -> None:
    """Publish a value as an output of the stack: the only place that makes one."""
    cdk.CfnOutput(stack, key.value, value=value)
