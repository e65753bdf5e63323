"""Why a debit did not hold, by the codes that banks use, and what follows from each: data, not branches.

Whatever the code, the money is not there and the claim is open again. Source of the codes: ISO 20022 external
code sets as the German banks use them; banks report lack of funds and a debtor's death as MS03, to protect
the debtor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.payments.domain.money import BANK


class OnMandate(StrEnum):
    """What becomes of the mandate."""

    KEPT = "kept"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Concern(StrEnum):
    """Who has to do something about it; OBJECTED: the citizen pays, and had said no to the debit. ESTATE: a
    person looks for the heirs, and nobody writes to the citizen."""

    CITIZEN_PAYS = "citizen_pays"
    CITIZEN_OBJECTED = "citizen_objected"
    CITIZEN_GIVES_ACCOUNT = "citizen_gives_account"
    CLERK = "clerk"
    ESTATE = "estate"
    ALARM = "alarm"


OF_A_PERSON: Final = frozenset({Concern.CLERK, Concern.ESTATE})
"""A mandate that is suspended for these waits for the cash office."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """`again`: the same debit may be presented once more, where the city wants that."""

    mandate: OnMandate
    concern: Concern
    again: bool = False


_PAYS: Final = Reaction(OnMandate.KEPT, Concern.CITIZEN_PAYS, again=True)
_SUSPENDED: Final = Reaction(OnMandate.SUSPENDED, Concern.CITIZEN_GIVES_ACCOUNT)
_ALARM: Final = Reaction(OnMandate.KEPT, Concern.ALARM)
UNKNOWN: Final = Reaction(OnMandate.SUSPENDED, Concern.CLERK)
"""A code that nobody has told us of: a person looks before anything is debited again."""

WITH_OTHERS: Final = "RJCT"
"""The code of a debit that fell with its group or file, whose reason says nothing of a payer."""
STORNO: Final = "STORNO"
"""The code of a payment whose booking the bank itself took back; no code of a debit."""

REACTIONS: Final[Mapping[str, Reaction]] = {
    "AC01": _SUSPENDED,  # the account does not exist
    "AC04": _SUSPENDED,  # closed
    "AC06": _SUSPENDED,  # blocked
    "AC13": _ALARM,  # a consumer's account in the companies' scheme: our configuration
    "AG01": _SUSPENDED,  # debits are not allowed on the account
    "AG02": _SUSPENDED,
    "AM04": _PAYS,  # no funds
    "AM05": _ALARM,  # told twice
    "DUPL": _ALARM,
    "BE05": _ALARM,  # creditor identifier unknown
    "MD01": Reaction(OnMandate.REVOKED, Concern.CITIZEN_OBJECTED),  # no mandate
    "MD02": _ALARM,  # mandate data wrong
    "MD06": Reaction(OnMandate.SUSPENDED, Concern.CITIZEN_OBJECTED),  # claimed back within eight weeks
    "MD07": Reaction(OnMandate.SUSPENDED, Concern.ESTATE),  # the debtor has died
    "MS02": Reaction(OnMandate.KEPT, Concern.CITIZEN_OBJECTED),  # refused by the debtor
    "MS03": _PAYS,  # no reason given
    **dict.fromkeys(("RC01", "RR01", "RR02", "RR03", "RR04", "SL01", "FF01", "FF05", "TM01"), _ALARM),
    WITH_OTHERS: _ALARM,
    STORNO: Reaction(OnMandate.KEPT, Concern.CITIZEN_PAYS),
}


def reaction_to(code: str) -> Reaction:
    """What follows from a code."""
    return REACTIONS.get(code, UNKNOWN)


def code_of_many(code: str) -> str:
    """What the bank says of a group or file, as the code of each debit in it: it is about the city's account
    or the file, so that it never is a word against a payer's mandate."""
    return code if reaction_to(code).mandate is OnMandate.KEPT else WITH_OTHERS


def concern_of(provider: str, code: str) -> str:
    """Whose turn it is once a payment was taken back; of a card or a provider the codes are other ones."""
    return (reaction_to(code).concern if provider == BANK else Concern.CITIZEN_PAYS).value
