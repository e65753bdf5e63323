"""Typst as a function: kind and data in, one PDF/A-3a and PDF/UA-1 file out.

No system fonts, no packages, no network: a document depends on its template, its data and the fonts folder
only, and the same input gives the same bytes. A citizen's text reaches Typst as a JSON string, so markup in
it is printed, never run.
"""

import json
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import typst
from pydantic import ValidationError

from services.documents.rendering import qr
from services.documents.rendering.branding import Branding
from services.documents.rendering.kinds import (
    KINDS,
    DocumentData,
    DocumentKind,
    DogTaxAssessment,
    ResidentParkingPermit,
    machine_readable,
)
from shared.settings import StartRefused

TEMPLATES = Path(__file__).parent / "templates"
STANDARDS = ["a-3a", "ua-1"]
FAMILIES = frozenset({"Fira Sans", "Noto Sans"})
_NOT_DISPLAYED = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)


class RenderingError(Exception):
    """Base of what can go wrong here; none of it is cured by trying again."""


class FontsUnavailable(RenderingError, StartRefused):
    """The fonts folder lacks a family; the service must not start."""


class InvalidDocumentData(RenderingError):
    """The data does not have the kind's shape; `fields` names the places, never the values."""

    def __init__(self, kind: str, fields: list[str]) -> None:
        super().__init__(f"{kind}: {', '.join(fields)}")
        self.fields = fields


class UnprintableText(RenderingError):
    """No font has these characters; `characters` holds each once."""

    def __init__(self, characters: str) -> None:
        super().__init__("no glyph for " + ", ".join(f"U+{ord(c):04X}" for c in characters))
        self.characters = characters


class RenderingFailed(RenderingError):
    """The template did not compile: a defect of ours. The message holds no data of a citizen."""


class Renderer:
    """Renders every kind. Safe to call from several threads: each thread has its own compilers.

    `fonts` is the folder that `deploy.local.fonts` fills. Raises FontsUnavailable when a family is missing.
    """

    def __init__(self, branding: Branding, fonts: Path) -> None:
        self._branding = branding
        self._branding_json = branding.model_dump_json()
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)]
        )
        missing = FAMILIES - set(self._fonts.families())
        if missing:
            raise FontsUnavailable(
                f"Not started: {fonts} lacks {', '.join(sorted(missing))}; run deploy.local.fonts."
            )
        self._own = threading.local()

    def render(self, kind: DocumentKind, data: Mapping[str, Any] | DocumentData) -> bytes:
        """The document as PDF bytes, unsealed, ending in a newline; about 10 ms, blocking.

        Raises InvalidDocumentData, UnprintableText, RenderingFailed.
        """
        document = parse(kind, data)
        try:
            made = self._compiler(kind).compile(
                format="pdf",
                pdf_standards=STANDARDS,
                sys_inputs=self._inputs(kind, document),
                timestamp=datetime.combine(document.issued_on, time(), UTC),
            )
        except typst.TypstError as error:
            raise _explained(kind, error) from None
        pdf = bytes(made)
        # An incremental update begins right behind the last byte; %%EOF must end its line (PDF/A, 6.1.3).
        return pdf if pdf.endswith(b"\n") else pdf + b"\n"

    def _compiler(self, kind: DocumentKind) -> Any:
        compilers: dict[str, Any] = self._own.__dict__
        if kind not in compilers:
            compilers[kind] = typst.Compiler(
                TEMPLATES / f"{kind}.typ", root=TEMPLATES, font_paths=self._fonts, ignore_system_fonts=True
            )
        return compilers[kind]

    def _inputs(self, kind: DocumentKind, document: DocumentData) -> dict[str, str]:
        attachment = machine_readable(kind, document, self._branding)
        inputs = {
            "document": document.model_dump_json(exclude_none=True),
            "branding": self._branding_json,
            "attachment": json.dumps(attachment, ensure_ascii=False, indent=2) + "\n",
            "schema": document.schema_urn,
            "description": f"{document.number}, {self._branding.name}",
        }
        match document:
            case ResidentParkingPermit():
                inputs["qr"] = qr.permit_code(document.verification_url)
            case DogTaxAssessment():
                first = document.instalments[0]
                inputs["giro_code"] = qr.giro_code(
                    self._branding.bank, first.amount_cents, document.kassenzeichen
                )
        return inputs


def parse(kind: DocumentKind, data: Mapping[str, Any] | DocumentData) -> DocumentData:
    """`data` as the kind's model. Raises InvalidDocumentData."""
    shape = KINDS[kind]
    if isinstance(data, shape):
        return data
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        fields = [".".join(map(str, place["loc"])) + ": " + place["type"] for place in error.errors()]
        raise InvalidDocumentData(kind, fields) from None


def _explained(kind: str, error: typst.TypstError) -> RenderingError:
    unprintable = _NOT_DISPLAYED.findall(error.diagnostic)
    if unprintable:
        characters = "".join(_unescaped(text) for text in unprintable)
        return UnprintableText("".join(dict.fromkeys(characters)))
    return RenderingFailed(f"{kind}: {error.message.splitlines()[0]}")


def _unescaped(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), text)
