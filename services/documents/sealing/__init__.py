"""The city's electronic seal under a PDF (PAdES, eIDAS article 3 no. 25), and its check."""

from services.documents.sealing.check import SealReport, load_roots, verify
from services.documents.sealing.local_key import LocalKeySeal, SealKeyUnusable
from services.documents.sealing.port import Seal, SealingFailed

__all__ = [
    "LocalKeySeal",
    "Seal",
    "SealKeyUnusable",
    "SealReport",
    "SealingFailed",
    "load_roots",
    "verify",
]
