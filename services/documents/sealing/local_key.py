"""The seal with a key from a file: PAdES B-B by pyHanko. For development and small installations.

A qualified seal needs its key in certified hardware (eIDAS, annex II and III): that is another adapter.
"""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asn1crypto.cms import CMSAttributes
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner

from services.documents.sealing.port import SealingFailed
from services.documents.threads import WorkerThreads
from shared.settings import StartRefused

FIELD_NAME = "Siegel"
SPARE = 16
"""Bytes by which a container may outgrow the measured one: an ECDSA signature's length varies by a few."""


class SealKeyUnusable(StartRefused):
    """Key, certificate or authority cannot be read or do not belong together; the service must not start."""


class _Signer(SimpleSigner):
    """Hands on the signed attributes as encoded: as built, asn1crypto encodes them anew at every look,
    each level twice."""

    async def signed_attrs(self, *args: Any, **how: Any) -> CMSAttributes:
        made = await super().signed_attrs(*args, **how)
        return CMSAttributes.load(made.dump())


class LocalKeySeal:
    """Seals with an unencrypted PEM key. About 25 ms of processor time each, in `threads`.

    The sealing time is the machine's clock: pyHanko takes none as an argument.
    """

    def __init__(
        self, key: Path, certificate: Path, authority: Path, *, place: str, threads: WorkerThreads
    ) -> None:
        """`place` is printed in the signature, the city's name. Raises SealKeyUnusable."""
        load: Callable[..., SimpleSigner | None] = _Signer.load
        signer = load(str(key), str(certificate), ca_chain_files=(str(authority),))
        if signer is None or signer.signing_cert is None or signer.signing_key is None:
            raise SealKeyUnusable(
                f"Not started: cannot read the seal from {key}, {certificate.name}, {authority.name}."
            )
        _require_pair(signer.signing_key.dump(), signer.signing_cert.dump())
        self._signer = signer
        self._reserved: int | None = None
        self._place = place
        self._threads = threads

    async def seal(self, pdf: bytes) -> bytes:
        return await self._threads.run(self.seal_blocking, pdf)

    def seal_blocking(self, pdf: bytes) -> bytes:
        """As `seal`, in the calling thread, which must not run an event loop."""
        # Without a line end behind %%EOF the appended revision starts on its line: PDF/A 6.1.3 fails.
        source = pdf if pdf.endswith(b"\n") else pdf + b"\n"
        target = io.BytesIO()
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(source))
            PdfSigner(self._metadata(), self._signer).sign_pdf(
                writer, bytes_reserved=self._room(), output=target
            )
        except Exception as error:
            # pyHanko raises from five unrelated families; for the caller all mean: not sealed.
            raise SealingFailed(type(error).__name__) from error
        return target.getvalue()

    def _room(self) -> int:
        """Hexadecimal digits to leave for the seal, measured once.

        pyHanko would measure before each seal, at twice the time, and leave half as much again; what is left
        over is not covered by the seal.
        """
        if self._reserved is None:
            measured = asyncio.run(self._signer.async_sign(bytes(32), "sha256", use_pades=True))
            self._reserved = 2 * (len(measured.dump()) + SPARE)
        return self._reserved

    def _metadata(self) -> PdfSignatureMetadata:
        return PdfSignatureMetadata(
            field_name=FIELD_NAME,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason="Elektronisches Siegel",
            location=self._place,
            name=self._signer.subject_name,
        )


def _require_pair(key: bytes, certificate: bytes) -> None:
    """A key that does not fit its certificate would seal without an error and never verify."""
    private = serialization.load_der_private_key(key, password=None)
    if private.public_key() != load_der_x509_certificate(certificate).public_key():
        raise SealKeyUnusable("Not started: the seal's key does not belong to its certificate.")
