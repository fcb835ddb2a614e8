"""Every AWS::EC2 resource type of the region."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mcastlab.twin.region.cfn.compute import COMPUTE
from mcastlab.twin.region.cfn.groups import GROUPS
from mcastlab.twin.region.cfn.network import NETWORK
from mcastlab.twin.region.cfn.transit import TRANSIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.twin.region.cfn.resource import Resource

RESOURCES: Final[Mapping[str, Resource]] = MappingProxyType(
    {row.type: row for row in (*NETWORK, *GROUPS, *COMPUTE, *TRANSIT)}
)
