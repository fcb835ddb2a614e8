"""Every AWS::EC2 resource type of the region."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from awsregion.cfn.compute import COMPUTE
from awsregion.cfn.groups import GROUPS
from awsregion.cfn.network import NETWORK
from awsregion.cfn.transit import TRANSIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.cfn.resource import Resource

RESOURCES: Final[Mapping[str, Resource]] = MappingProxyType(
    {row.type: row for row in (*NETWORK, *GROUPS, *COMPUTE, *TRANSIT)}
)
