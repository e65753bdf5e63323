"""What the city says in every document, whatever the service: zones, methods, remedy, notes. It is data."""

from pathlib import Path
from typing import Final

from services.documents.domain.document import ASSESSMENT, PERMIT, RECEIPT, REJECTION
from services.documents.rendering.branding import SAMPLE, read_branding
from services.documents.rendering.kinds import Remedy
from services.documents.rendering.text import Line, Paragraph, Shape

FILE_NAMES: Final = {
    PERMIT: "Bewohnerparkausweis",
    ASSESSMENT: "Hundesteuerbescheid",
    REJECTION: "Ablehnungsbescheid",
    RECEIPT: "Zahlungsbestaetigung",
}
"""Kind → the beginning of a download's file name, in letters that every header may hold."""


class Wording(Shape):
    """`zones` by zone code, `methods` by payment method. A service's own words come with its case."""

    zones: dict[str, Line]
    methods: dict[str, Line]
    remedy: Remedy
    unsigned_note: Paragraph
    payment_note: Paragraph
    receipt_note: Paragraph
    receipt_part_note: Paragraph = "Bitte zahlen Sie den Rest unter demselben Kassenzeichen."
    receipt_refund_note: Paragraph = (
        "Diese Bestätigung gibt den Stand zum oben genannten Datum wieder. Eine frühere bleibt gültig für "
        "den Tag, an dem sie ausgestellt wurde."
    )
    refused: Paragraph
    next_steps: list[Paragraph]


def load_wording(folder: Path = SAMPLE) -> Wording:
    """`wording.json` of a branding folder. Raises BrandingRefused."""
    return read_branding(folder, "wording.json", Wording)
