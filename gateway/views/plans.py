"""A charge in instalments, for its payer and for the cash office."""

from dataclasses import dataclass
from datetime import date

from gateway.views.frame import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One part of a charge. `state` is a key below `plan_state.`, `debited_on` the day of an announced debit.

    `url` leads the cash office to its claim; `here` marks the one that is looked at.
    """

    number: int
    due: date | None
    amount_cents: int
    kassenzeichen: str
    state: str
    tone: Tone
    debited_on: date | None = None
    url: str = ""
    here: bool = False
