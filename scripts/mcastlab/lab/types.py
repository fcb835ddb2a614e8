"""The kinds of values that a lab document is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$")]
"""2 to 32 characters: lower case letters, digits and hyphens, beginning with a letter."""

Platform = Literal["c8000v", "csr1000v"]
"""A Catalyst 8000V, or the CSR 1000V before it."""

Port = Annotated[int, Field(ge=1024, le=65535)]
"""A UDP port that needs no privilege."""

Asn = Annotated[int, Field(ge=1, le=4294967294)]
"""An autonomous system number. Source: RFC 6793; RFC 7300 reserves the last."""

ZoneLetter = Annotated[str, StringConstraints(pattern=r"^[a-f]$")]
"""The letter of an availability zone within the lab's region."""

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]

InterfaceName = Annotated[str, StringConstraints(pattern=r"^(GigabitEthernet|TenGigabitEthernet)\d+(/\d+)*$")]
"""A physical interface, in full as IOS prints it."""
