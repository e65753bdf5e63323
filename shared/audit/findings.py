"""What a verification finds wrong."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "edited", "dropped", "inserted", "swapped", "moved",  # events
    "truncated", "gap", "replaced", "foreign", "unanchored",  # seals
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong in the interval of one seal, as a sentence for whoever has to act on it."""

    kind: Kind
    seal: int
    says: str

    def __str__(self) -> str:
        return f"[{self.kind}] {self.says}"
