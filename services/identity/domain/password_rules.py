"""Which passwords are taken: length and not being guessable; no rules of composition (ASVS 5.0, 6.2)."""

import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Final

from services.identity.domain.refusals import FieldError, FieldsRefused

SHORTEST: Final = 12
LONGEST: Final = 200
_COMMON: Final = frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())
_CONTEXT: Final = ("lindenau", "buergerportal", "bürgerportal", "stadtverwaltung", "citizensportal")
_FILLING: Final = re.compile(r"[\d\W_]+")


def acceptable(password: str, email: str = "") -> str:
    """The password in NFC, as it is hashed. Raises FieldsRefused with `password_weak` or `too_long`.

    `email` is the account's address where it is known: a password made of it is guessed first.
    """
    text = spelled(password)
    if len(text) > LONGEST:
        raise FieldsRefused(FieldError("password", "too_long", {"max_length": LONGEST}))
    if len(text) < SHORTEST or len(set(text)) < 5 or _is_guessable(text.casefold(), email):
        raise FieldsRefused(FieldError("password", "password_weak", {"min_length": SHORTEST}))
    return text


def spelled(password: str) -> str:
    """One spelling for what keyboards type in several (Unicode NFC)."""
    return unicodedata.normalize("NFC", password)


def _is_guessable(text: str, email: str) -> bool:
    """Whether it is a common password or a word of this place, alone, repeated or with digits and signs."""
    core = _FILLING.sub("", text)
    known = {*_COMMON, *_CONTEXT, *_words_of(email)}
    return text in known or core in known or _repeated(text) in known or _is_run(text)


def _words_of(email: str) -> set[str]:
    local = email.partition("@")[0]
    return {email, local, _FILLING.sub("", local)} if email else set()


def _repeated(text: str) -> str:
    """The shortest part that gives the text when repeated."""
    size = (text + text).find(text, 1)
    return text[:size]


def _is_run(text: str) -> bool:
    """Neighbours throughout, such as abcdefghijkl or 210987654321."""
    steps = {
        (ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(text)
    }
    return steps in ({1}, {-1}, {9})
