"""What a service is to be, where no program's configuration says it: values that the fabric's plan is made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcastlab.lab.site import Site
    from mcastlab_twin.network.impairment import Impairment
    from mcastlab_twin.services.bird_gateway import GatewayConfig


Name = tuple[str, str]
"""A service's kind and which one of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A gateway's BGP speaker, in its namespace."""

    netns: str
    config: GatewayConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDevice:
    """A remote site's Linux device."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAppliance:
    """A remote site's appliance, and its groups: addresses with ports."""

    name: str
    address: str
    sends: tuple[tuple[str, int], ...]
    receives: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpairedWan:
    """A site whose WAN is to be impaired, and how."""

    site: Site
    impairment: Impairment
