"""Changes to sound documents, and what the design checks say of them."""

from __future__ import annotations

from check_cases.blocks import BLOCKS
from check_cases.cloud import CLOUD
from check_cases.far import FAR
from check_cases.groups import GROUPS

CASES = (*CLOUD, *FAR, *GROUPS, *BLOCKS)
