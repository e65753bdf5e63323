"""The creditor identifier (EPC262-08): who debits. In Germany given by the Bundesbank, 18 signs.

Country, two check digits, a business code of three signs that the check does not cover, the national part.
"""

import re
from typing import Final

_FORM: Final = re.compile(r"([A-Z]{2})([0-9]{2})([A-Z0-9]{3})([A-Z0-9]{1,28})")
_GERMAN: Final = 18


class CreditorIdRefused(ValueError):
    """What a creditor identifier cannot be; the message is one sentence for the operator."""


def read_creditor_id(typed: str) -> str:
    """The identifier without blanks. Raises CreditorIdRefused."""
    number = "".join(typed.split()).upper()
    found = _FORM.fullmatch(number)
    if found is None:
        raise CreditorIdRefused("A creditor identifier is a country, two digits, three signs, a number.")
    country, check, _, national = found.groups()
    if country == "DE" and (len(number) != _GERMAN or not national.isdigit()):
        raise CreditorIdRefused("A German creditor identifier has 18 signs, the last eleven are digits.")
    if check_digits(country, national) != check:
        raise CreditorIdRefused("The check digits of the creditor identifier are wrong.")
    return number


def check_digits(country: str, national: str) -> str:
    """ISO 7064 MOD 97-10 over the national part and the country; the business code is left out."""
    number = int("".join(str(int(sign, 36)) for sign in f"{national}{country}00"))
    return f"{98 - number % 97:02d}"
