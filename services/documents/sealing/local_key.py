"""The seal with a key from a file: PAdES B-B by pyHanko. For development and small installations.

A qualified seal needs its key in certified hardware (eIDAS, annex II and III): that is another adapter.
"""

import asyncio
import io
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from asn1crypto.cms import CMSAttributes, ContentInfo
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner

from services.documents.sealing.port import SealingFailed
from services.documents.threads import WorkerThreads
from shared.settings import StartRefused

FIELD_NAME = "Siegel"
DIGEST: Final = "sha256"
SPARE = 16
"""Bytes by which a container may outgrow the measured one: an ECDSA signature's length varies by a few."""
_NO_DIGEST: Final = b"of no document, 32 bytes as here"
T = TypeVar("T")


class SealKeyUnusable(StartRefused):
    """Key, certificate or authority cannot be read or do not belong together; the service must not start."""


class _Signer(SimpleSigner):
    """Of two seals the document's digest and the signature differ; the CMS around them is made by pyHanko
    once, for a digest that no document has, and kept as encoded."""

    _kept: tuple[bytes, bytes] | None = None

    async def async_sign(
        self, data_digest: bytes, digest_algorithm: str, *more: Any, **how: Any
    ) -> ContentInfo:
        if digest_algorithm != DIGEST or len(data_digest) != len(_NO_DIGEST):
            raise ValueError(f"the kept CMS is of {DIGEST}, not of {digest_algorithm}")
        encoded, pattern = await self._pattern(digest_algorithm, *more, **how)
        attributes = pattern.replace(_NO_DIGEST, data_digest)
        made = ContentInfo.load(encoded)
        signer = made["content"]["signer_infos"][0]
        signer["signed_attrs"] = CMSAttributes.load(attributes)
        signer["signature"] = await self.async_sign_raw(attributes, digest_algorithm)
        return made

    async def _pattern(self, *how: Any, **named: Any) -> tuple[bytes, bytes]:
        """The CMS of no document, and the attributes signed in it, as a SET. Both hold the digest once."""
        if self._kept is None:
            made = await super().async_sign(_NO_DIGEST, *how, **named)
            signed = made["content"]["signer_infos"][0]["signed_attrs"].untag().dump()
            if signed.count(_NO_DIGEST) != 1:
                raise ValueError("the digest is not found in what is signed")
            self._kept = made.dump(), signed
        return self._kept


class _Revision(IncrementalPdfFileWriter):
    """Leaves the metadata as rendered: the seal itself says when it was made, and pyHanko would take apart
    and write anew the whole XMP packet for a second date."""

    def _update_meta(self) -> None:
        pass


class LocalKeySeal:
    """Seals with an unencrypted PEM key. About 4 ms of processor time each, in `threads`.

    The sealing time is the machine's clock: pyHanko takes none as an argument.
    """

    def __init__(
        self, key: Path, certificate: Path, authority: Path, *, place: str, threads: WorkerThreads
    ) -> None:
        """`place` is printed in the signature, the city's name. Raises SealKeyUnusable."""
        load: Callable[..., SimpleSigner | None] = SimpleSigner.load
        signer = load(str(key), str(certificate), ca_chain_files=(str(authority),))
        if signer is None or signer.signing_cert is None or signer.signing_key is None:
            raise SealKeyUnusable(
                f"Not started: cannot read the seal from {key}, {certificate.name}, {authority.name}."
            )
        _require_pair(signer.signing_key.dump(), signer.signing_cert.dump())
        self._signer = _Signer(signer.signing_cert, signer.signing_key, signer.cert_registry)
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
            signer = PdfSigner(self._metadata(), self._signer)
            writer = _Revision(io.BytesIO(source))
            _at_once(signer.async_sign_pdf(writer, bytes_reserved=self._room(), output=target))
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
            measured = asyncio.run(self._signer.async_sign(bytes(32), DIGEST, use_pades=True))
            self._reserved = 2 * (len(measured.dump()) + SPARE)
        return self._reserved

    def _metadata(self) -> PdfSignatureMetadata:
        return PdfSignatureMetadata(
            field_name=FIELD_NAME,
            md_algorithm=DIGEST,
            subfilter=SigSeedSubFilter.PADES,
            reason="Elektronisches Siegel",
            location=self._place,
            name=self._signer.subject_name,
        )


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing, as with a key in this process."""
    try:
        work.send(None)
    except StopIteration as ended:
        made: T = ended.value
        return made
    work.close()
    raise RuntimeError("sealing waits for something")


def _require_pair(key: bytes, certificate: bytes) -> None:
    """A key that does not fit its certificate would seal without an error and never verify."""
    private = serialization.load_der_private_key(key, password=None)
    if private.public_key() != load_der_x509_certificate(certificate).public_key():
        raise SealKeyUnusable("Not started: the seal's key does not belong to its certificate.")
