"""What is left of a personal field once the citizen's key is destroyed."""

from typing import Annotated, Final, TypeVar, final

T = TypeVar("T")


@final
class PersonalMark:
    """Marks a field whose value is encrypted at rest."""


@final
class Redacted:
    """Stands where a personal value stood; false, so that `value or fallback` reads well."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "Redacted()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redacted)

    def __hash__(self) -> int:
        return hash(Redacted)


REDACTED: Final = Redacted()

Personal = Annotated[T, PersonalMark]
"""`Personal[str]`: encrypted with the subject's key; reads as `REDACTED` once that key is destroyed."""
