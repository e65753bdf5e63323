"""Is this PDF sealed by the city, and untouched since?"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext


@dataclass(frozen=True)
class SealReport:
    """What a check found. `ok` is the only field to decide by; the others explain.

    `intact`: the sealed bytes are unchanged and the signature fits them. `whole_file`: nothing was appended.
    `trusted`: the certificate leads to a given root and was valid at the time asked for.
    """

    sealed: bool
    intact: bool = False
    whole_file: bool = False
    trusted: bool = False
    sealed_by: str | None = None
    sealed_at: datetime | None = None

    @property
    def ok(self) -> bool:
        return self.sealed and self.intact and self.whole_file and self.trusted


def load_roots(*files: Path) -> list[x509.Certificate]:
    """The certificates of PEM files, one each. Raises OSError, ValueError."""
    return [x509.Certificate.load(pem.unarmor(file.read_bytes())[2]) for file in files]


def verify(pdf: bytes, trust_roots: Sequence[x509.Certificate], at: datetime | None = None) -> SealReport:
    """Check the first seal of `pdf` against `trust_roots`, without network; about 20 ms, blocking.

    A broken or foreign file is a report that is not ok, never an exception. `at` is the moment at which
    the certificate must have been valid, by default now. Call it from a thread without an event loop.
    """
    try:
        return _examine(pdf, trust_roots, at or datetime.now(UTC))
    except Exception:
        # Altered bytes can break any layer of the parser, so every error means: no seal can be confirmed.
        return SealReport(sealed=b"/ETSI.CAdES.detached" in pdf)


def _examine(pdf: bytes, trust_roots: Sequence[x509.Certificate], at: datetime) -> SealReport:
    signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    if not signatures:
        return SealReport(sealed=False)
    context = ValidationContext(trust_roots=list(trust_roots), moment=at, allow_fetching=False)
    status = validate_pdf_signature(signatures[0], context)
    return SealReport(
        sealed=True,
        intact=status.intact and status.valid,
        whole_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        and status.modification_level in (None, ModificationLevel.NONE)
        and len(signatures) == 1,
        trusted=status.trusted,
        sealed_by=status.signing_cert.subject.human_friendly,
        sealed_at=status.signer_reported_dt,
    )
