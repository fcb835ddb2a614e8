"""A value that must not be seen: pre-shared keys, private keys, passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import core_schema

MASK: Final = "***"


@final
class Secret:
    """A string that prints as ``***`` wherever it is printed, formatted, logged or serialised.

    >>> key = Secret("s3cret")
    >>> f"{key} {key!r} {[key]}"
    "*** Secret('***') [Secret('***')]"
    >>> key.reveal()
    's3cret'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself. Every call is a place to review."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str | tuple[Any, ...]:
        message = "a Secret is not pickled"
        raise TypeError(message)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Accept a string or a Secret; serialise as ``***`` unless the context says ``{"reveal": True}``."""
        # Whoever asks has it already; who only needs a secret is spared it.
        from pydantic_core import core_schema  # noqa: PLC0415

        from_text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
        return core_schema.json_or_python_schema(
            json_schema=from_text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_text]),
            serialization=core_schema.plain_serializer_function_ser_schema(_serialise, info_arg=True),
        )


def _serialise(secret: Secret, info: core_schema.SerializationInfo) -> str:
    context = info.context
    return secret.reveal() if isinstance(context, dict) and context.get("reveal") is True else MASK
