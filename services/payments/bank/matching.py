"""Whose money is it? A payment's text against what citizens owe.

Exact or not at all: a Kassenzeichen (or the ISO 11649 reference made of one) whose check digit is right and
that we have given out, or the EndToEndId of a claim. Amount and name together are a proposal for a person,
never more: two people may owe the same, and names are not unique.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.payments.domain.kassenzeichen import is_kassenzeichen
from services.payments.sepa.characters import bank_text
from services.payments.sepa.reference import is_structured_reference
from services.payments.sepa.statements import Transaction

LENGTHS: Final = range(12, 15)
"""Digits of a Kassenzeichen: a prefix of 2 to 4, the year, seven digits, the check digit."""
_GAP: Final = re.compile(r"[\s./\-]+")
_DIGITS: Final = re.compile(r"[0-9]{12,}")
_RF: Final = re.compile(r"(?=(RF[0-9]{2}[0-9]{12,21}))")
_TITLES: Final = frozenset({"DR", "PROF", "HERR", "FRAU", "UND", "U", "DIPL", "ING"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open claim that may be meant; `names` are those that we know of its debtor."""

    claim_id: UUID
    cents: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """`claim_id` is certain; `proposals` are for a person to choose from."""

    claim_id: UUID | None = None
    proposals: tuple[UUID, ...] = ()


def references(payment: Transaction, prefix: str) -> list[str]:
    """Every Kassenzeichen that the payment may name, in order; blanks and line ends do not matter.

    `prefix` is the city's own: other numbers of the same length are common in such texts.
    """
    found: dict[str, None] = {}
    for said in (payment.reference, payment.end_to_end_id, payment.text):
        text = _GAP.sub("", said.upper())
        for structured in _RF.findall(text):
            own = _own(structured, prefix)
            if own:
                found[own] = None
        for digits in _DIGITS.findall(text):
            found |= dict.fromkeys(_windows(digits, prefix))
    return list(found)


def decide(payment: Transaction, known: Mapping[str, UUID], prefix: str) -> Match:
    """By what the payment names; `known` are the claims of the Kassenzeichen in question."""
    claims = list(dict.fromkeys(known[name] for name in references(payment, prefix) if name in known))
    if len(claims) == 1:
        return Match(claims[0])
    return Match(proposals=tuple(claims))


def propose(payment: Transaction, candidates: Iterable[Candidate]) -> Match:
    """Open claims of exactly this amount whose debtor has this name."""
    payer = name_key(payment.name)
    if not payer:
        return Match()
    return Match(
        proposals=tuple(
            one.claim_id
            for one in candidates
            if one.cents == payment.cents and any(name_key(name) == payer for name in one.names)
        )
    )


def name_key(name: str) -> frozenset[str]:
    """Names compare by their words, whatever their order, titles, case and accents."""
    words = re.findall(r"[A-Z]+", bank_text(name, 140).upper())
    return frozenset(words) - _TITLES


def _own(structured: str, prefix: str) -> str:
    """The Kassenzeichen within a structured reference that digits may follow."""
    for length in reversed(LENGTHS):
        own = structured[4 : 4 + length]
        if (
            len(own) == length
            and own.startswith(prefix)
            and is_kassenzeichen(own)
            and is_structured_reference(structured[: 4 + length])
        ):
            return own
    return ""


def _windows(digits: str, prefix: str) -> Iterable[str]:
    """Numbers of the right form within a longer run: blanks between two numbers are gone."""
    at = digits.find(prefix)
    length = len(prefix) + 10
    while at >= 0:
        window = digits[at : at + length]
        if len(window) == length and is_kassenzeichen(window):
            yield window
        at = digits.find(prefix, at + 1)
