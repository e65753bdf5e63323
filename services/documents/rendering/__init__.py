"""Turns the data of a decision into an archivable, accessible PDF."""

from services.documents.rendering.branding import Branding, load_branding
from services.documents.rendering.kinds import (
    DocumentData,
    DocumentKind,
    DogTaxAssessment,
    Receipt,
    RejectionNotice,
    ResidentParkingPermit,
    machine_readable,
)
from services.documents.rendering.render import (
    FontsUnavailable,
    InvalidDocumentData,
    Renderer,
    RenderingFailed,
    UnprintableText,
)

__all__ = [
    "Branding",
    "DocumentData",
    "DocumentKind",
    "DogTaxAssessment",
    "FontsUnavailable",
    "InvalidDocumentData",
    "Receipt",
    "RejectionNotice",
    "Renderer",
    "RenderingFailed",
    "ResidentParkingPermit",
    "UnprintableText",
    "load_branding",
    "machine_readable",
]
