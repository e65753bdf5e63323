"""What the city says in its documents beside the case: offices, legal bases, notes, remedy. It is data."""

import json
from pathlib import Path
from typing import Final

from services.documents.domain.document import ASSESSMENT, PERMIT, RECEIPT, REJECTION
from services.documents.rendering.branding import SAMPLE
from services.documents.rendering.kinds import Office, Remedy
from services.documents.rendering.text import Line, Paragraph, Shape

FILE_NAMES: Final = {
    PERMIT: "Bewohnerparkausweis",
    ASSESSMENT: "Hundesteuerbescheid",
    REJECTION: "Ablehnungsbescheid",
    RECEIPT: "Zahlungsbestaetigung",
}
"""Kind → the beginning of a download's file name, in letters that every header may hold."""


class ServiceWording(Shape):
    """The words of one service's documents."""

    subject: Line
    office: Office
    legal_basis: Line
    notes: tuple[Paragraph, ...] = ()


class Wording(Shape):
    """`services` by service key, `zones` by zone code, `methods` by payment method."""

    services: dict[str, ServiceWording]
    zones: dict[str, Line]
    methods: dict[str, Line]
    remedy: Remedy
    unsigned_note: Paragraph
    payment_note: Paragraph
    receipt_note: Paragraph
    refused: Paragraph
    next_steps: list[Paragraph]


def load_wording(folder: Path = SAMPLE) -> Wording:
    """`wording.json` of a branding folder. Raises OSError, pydantic.ValidationError: do not start then."""
    return Wording(**json.loads((folder / "wording.json").read_text(encoding="utf-8")))
