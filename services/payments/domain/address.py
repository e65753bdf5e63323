"""What a debit from outside the European Economic Area says of its payer beside name and account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abroad:
    """Where the payer lives, in parts as banks want it, and their bank's BIC; `country` in two letters.

    `number` and `postcode` are empty where there is none.
    """

    street: str
    number: str
    postcode: str
    town: str
    country: str
    bic: str
