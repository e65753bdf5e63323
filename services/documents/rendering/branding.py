"""Who issues: the city's name, address, bank, colours and coat of arms, as data.

A folder holds `city.json` (the fields of `Branding` but the coat of arms) and `coat_of_arms.svg`. The folder
`sample` beside this file is the invented Stadt Lindenau.
"""

import json
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from services.documents.rendering.text import Line, Shape
from shared.settings import StartRefused

SAMPLE = Path(__file__).parent / "sample"
TShape = TypeVar("TShape", bound=Shape)
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class BrandingRefused(StartRefused):
    """A file of the branding folder is absent or wrong: which one, where in it, and why."""

    def __init__(self, file: Path, sentence: str) -> None:
        super().__init__(f"Not started: {file}: {sentence}.")


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
    """Read a branding folder. Raises BrandingRefused."""
    try:
        coat_of_arms = (folder / "coat_of_arms.svg").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        kind = type(error).__name__
        raise BrandingRefused(folder / "coat_of_arms.svg", f"cannot be read ({kind})") from None
    return read_branding(folder, "city.json", Branding, coat_of_arms=coat_of_arms)


def read_branding(folder: Path, name: str, shape: type[TShape], **more: str) -> TShape:
    """One JSON file of a branding folder. Raises BrandingRefused with the path of the first thing wrong."""
    file = folder / name
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return shape.model_validate({**fields, **more})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise BrandingRefused(file, f"{place}: {first['msg']}") from None
    except OSError as error:
        raise BrandingRefused(file, f"cannot be read ({type(error).__name__})") from None
    except (ValueError, TypeError):
        raise BrandingRefused(file, "is not a JSON object") from None
