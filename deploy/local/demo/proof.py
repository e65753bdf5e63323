"""Is the paper worth anything? The seal of the file, the code on the page, and what the city says of it."""

import asyncio
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pypdfium2
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


class NotProved(Exception):
    """A document that does not hold what it promises."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found on a permit."""

    signer: str
    token: str
    answer: dict[str, Any]


def check_seal(pdf: bytes, ca_pem: Path) -> str:
    """Name of the seal's holder. Raises NotProved when the seal is broken or not the city's."""
    reader = PdfFileReader(io.BytesIO(pdf))
    if not reader.embedded_signatures:
        raise NotProved("the file carries no seal")
    root = load_cert_from_pemder(str(ca_pem))  # type: ignore[no-untyped-call]
    trusted = ValidationContext(trust_roots=[root])
    status = validate_pdf_signature(reader.embedded_signatures[0], trusted)
    if not status.bottom_line:
        raise NotProved(f"the seal does not hold: {status.summary()}")
    name: str = status.signing_cert.subject.human_friendly
    return name


def read_code(pdf: bytes) -> str:
    """The text of the QR code on the first page. Raises NotProved."""
    page = pypdfium2.PdfDocument(pdf)[0]
    for scale in (3, 4, 6, 5, 2):
        picture = np.asarray(page.render(scale=scale, grayscale=True).to_numpy()).squeeze()
        for detector in (
            cv2.QRCodeDetector(),
            cv2.QRCodeDetectorAruco(),
        ):  # one reads what the other misses
            text, _, _ = detector.detectAndDecode(picture)
            if text:
                return str(text)
    raise NotProved("no readable code on the first page")


async def check_with_city(base: str, code: str) -> dict[str, Any]:
    """What the public page says about the code. Raises NotProved unless the permit is good."""
    token = code.rpartition("/")[2]
    async with httpx.AsyncClient(base_url=base, trust_env=False) as http:
        answer = await http.get(f"/api/v1/verification/{token}")
    found: dict[str, Any] = answer.json()
    if answer.status_code != 200 or found.get("status") not in ("valid", "not_yet_valid"):
        raise NotProved(f"the city says: {found}")
    return found


async def prove(pdf: bytes, ca_pem: Path, base: str, plate: str) -> Proof:
    """All three at once, and that it is the permit of this car. Raises NotProved."""
    signer = await asyncio.to_thread(check_seal, pdf, ca_pem)
    code = read_code(pdf)
    answer = await check_with_city(base, code)
    if answer.get("plate") != plate:
        raise NotProved(f"the permit is for {answer.get('plate')}, not for {plate}")
    return Proof(signer, code.rpartition("/")[2], answer)
