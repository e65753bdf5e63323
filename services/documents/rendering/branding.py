"""Who issues: the city's name, address, bank, colours and coat of arms, as data.

A folder holds `city.json` (the fields of `Branding` but the coat of arms) and `coat_of_arms.svg`. The folder
`sample` beside this file is the invented Stadt Lindenau.
"""

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from services.documents.rendering.text import Line, Shape

SAMPLE = Path(__file__).parent / "sample"
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class BankAccount(Shape):
    """Where fees and taxes go. `holder` must be the account's exact holder: payers' banks compare it."""

    holder: Line
    iban: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")]
    bic: Annotated[str, StringConstraints(pattern=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")]
    bank: Line


class Branding(Shape):
    """The issuing city. Colours are six-digit hexadecimal; the coat of arms is SVG text, described."""

    name: Line
    street: Line
    postal_code: Line
    city: Line
    phone: Line
    email: Line
    web: Line
    bank: BankAccount
    creditor_id: Line | None = None
    accent: Colour = "#1F3A93"
    ink: Colour = "#131525"
    muted: Colour = "#454B6B"
    coat_of_arms: str = Field(min_length=1, repr=False)
    coat_of_arms_alt: Line


def load_branding(folder: Path = SAMPLE) -> Branding:
    """Read a branding folder. Raises OSError and pydantic.ValidationError: a service must not start then."""
    fields = json.loads((folder / "city.json").read_text(encoding="utf-8"))
    return Branding(**fields, coat_of_arms=(folder / "coat_of_arms.svg").read_text(encoding="utf-8"))
