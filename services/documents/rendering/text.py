"""Text as it may enter a document: one line, composed, visible."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

# Cc control, Cf format (among them the bidirectional overrides that can make a name read differently
# from what is stored), Cs surrogate, Co private use, Zl and Zp separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# A soft hyphen and the combining grapheme joiner of DIN 91379 are format characters with a use in print.
_ALLOWED = frozenset("\u00ad\u034f")


def composed(text: str) -> str:
    """`text` in normal form C, as DIN 91379 stores names. Raises ValueError for invisible characters."""
    for character in text:
        if unicodedata.category(character) in _INVISIBLE and character not in _ALLOWED:
            raise ValueError(f"invisible character U+{ord(character):04X}")
    return unicodedata.normalize("NFC", text)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(composed),
]
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(composed),
]


class Shape(BaseModel):
    """Base of everything a template reads: unchangeable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
