"""The base of every model: immutable, and deaf to fields that it does not know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError

from mcastlab_base import interrupts


class Frozen(BaseModel):
    """An immutable value with checked fields; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def model_dump_json(self, *arguments: Any, **keywords: Any) -> str:
        """Return it as JSON, as pydantic does; what a signal raises meanwhile is raised as that."""
        try:
            return super().model_dump_json(*arguments, **keywords)
        except PydanticSerializationError as error:
            raise interrupts.last() or error from None
