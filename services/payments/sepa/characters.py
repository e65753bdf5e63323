"""The characters that every bank takes (EPC217-08): Latin letters, digits, `/ - ? : ( ) . , ' +`, blank."""

import re
import unicodedata
from typing import Final

_TAKEN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ ")
_WRITTEN: Final = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ẞ": "SS", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "æ": "ae",
    "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d",
    "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H", "ŋ": "n", "Ŋ": "N", "ĸ": "k", "ŧ": "t",
    "Ŧ": "T", "ə": "e", "Ə": "E", "&": "+", "_": "-", "–": "-", "—": "-", "‐": "-", "’": "'", "‘": "'",
    "`": "'", "´": "'", "ʼ": "'", ";": ",", "[": "(", "]": ")", "{": "(", "}": ")", "\t": " ",
    "\n": " ", "\r": " ", "\u00a0": " ", '"': "'", "„": "'", "“": "'", "”": "'", "@": "(at)", "€": "EUR",
}  # fmt: skip
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9+?/:().,'-]{1,35}")


def bank_text(text: str, longest: int) -> str:
    """A text as banks take it, at most `longest` long: ä → ae, é → e; what has no such form is a dot."""
    composed = unicodedata.normalize("NFC", text)
    taken = "".join(_taken(sign) for sign in composed)
    return re.sub(" +", " ", taken).strip()[:longest].rstrip()


def is_identifier(text: str) -> bool:
    """Whether a text may name a message, a payment or a mandate: ≤ 35, no slash at an end, none doubled."""
    return (
        _IDENTIFIER.fullmatch(text) is not None
        and not text.startswith("/")
        and not text.endswith("/")
        and "//" not in text
    )


def _taken(sign: str) -> str:
    if sign in _TAKEN:
        return sign
    if sign in _WRITTEN:
        return _WRITTEN[sign]
    bare = unicodedata.normalize("NFKD", sign)
    parts = [part if part in _TAKEN else _WRITTEN.get(part, "") for part in bare]
    return "".join(parts) or ("" if unicodedata.category(sign) in {"Mn", "Cf", "Cc"} else ".")
