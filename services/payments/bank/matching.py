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

from services.payments.domain.kassenzeichen import Scheme, is_kassenzeichen
from services.payments.sepa.characters import bank_text
from services.payments.sepa.reference import is_structured_reference
from services.payments.sepa.statements import Transaction

_GAP: Final = re.compile(r"[\s./\-]+")
_DIGITS: Final = re.compile(r"[0-9]{11,}")
_RF: Final = re.compile(r"(?=(RF[0-9]{2}[0-9]{11,21}))")
_TITLES: Final = frozenset({"DR", "PROF", "HERR", "FRAU", "UND", "U", "DIPL", "ING"})


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the city's Kassenzeichen look: other numbers of the same length are common in such texts."""

    prefix: str
    scheme: Scheme = Scheme.MOD11_10

    @property
    def digits(self) -> int:
        """Prefix, year, running number, and the check digit where it stands behind."""
        return len(self.prefix) + 9 + (self.scheme is not Scheme.RF)


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


def references(payment: Transaction, numbers: Numbers) -> list[str]:
    """Every Kassenzeichen that the payment may name, in order; blanks and line ends do not matter."""
    found: dict[str, None] = {}
    for said in (payment.reference, payment.end_to_end_id, payment.text):
        text = _GAP.sub("", said.upper())
        for structured in _RF.findall(text):
            found |= dict.fromkeys(_own(structured, numbers))
        if numbers.scheme is not Scheme.RF:
            for digits in _DIGITS.findall(text):
                found |= dict.fromkeys(_windows(digits, numbers))
    return list(found)


def decide(payment: Transaction, known: Mapping[str, UUID], numbers: Numbers) -> Match:
    """By what the payment names; `known` are the claims of the Kassenzeichen in question."""
    claims = list(dict.fromkeys(known[name] for name in references(payment, numbers) if name in known))
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


def _own(structured: str, numbers: Numbers) -> Iterable[str]:
    """The Kassenzeichen that a structured reference is, or is made of; other digits may follow it."""
    reference = structured[: 4 + numbers.digits]
    own = reference if numbers.scheme is Scheme.RF else reference[4:]
    if (
        len(reference) == 4 + numbers.digits
        and reference[4:].startswith(numbers.prefix)
        and is_structured_reference(reference)
        and is_kassenzeichen(own, numbers.scheme)
    ):
        yield own


def _windows(digits: str, numbers: Numbers) -> Iterable[str]:
    """Numbers of the right form within a longer run: blanks between two numbers are gone."""
    at = digits.find(numbers.prefix)
    while at >= 0:
        window = digits[at : at + numbers.digits]
        if len(window) == numbers.digits and is_kassenzeichen(window, numbers.scheme):
            yield window
        at = digits.find(numbers.prefix, at + 1)
