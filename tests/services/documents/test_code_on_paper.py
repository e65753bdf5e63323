"""The codes are read back from the printed page, as a camera would."""

import shutil
import subprocess
from datetime import date
from pathlib import Path

import cv2
import pytest

from services.documents.rendering import Renderer
from services.documents.sealing import LocalKeySeal
from services.documents.tokens import (
    PermitClaims,
    PublicKeys,
    SigningKey,
    issue_permit_token,
    read_permit_token,
    token_from_text,
    token_url,
)
from tests.services.documents.samples import sample

pytestmark = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="no pdftoppm: apt-get install poppler-utils"
)
CLAIMS = PermitClaims("BPA-26-004711", "LIN-AB 123", "07", date(2026, 12, 1), date(2027, 11, 30))


def scan(pdf: bytes, folder: Path, page: int, dots_per_inch: int) -> str:
    """The text of the QR code on a page printed at a resolution."""
    (folder / "page.pdf").write_bytes(pdf)
    pages = ["-f", str(page), "-l", str(page), "-singlefile"]
    command = ["pdftoppm", "-png", "-gray", "-r", str(dots_per_inch), *pages, "page.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    image = cv2.imread(str(folder / "page.png"))
    assert image is not None
    text, _corners, _straight = cv2.QRCodeDetector().detectAndDecode(image)
    return str(text)


class TestThePermitsCode:
    @pytest.mark.parametrize("dots_per_inch", [110, 150, 300])
    def test_verifies_off_the_page(
        self,
        renderer: Renderer,
        seal: LocalKeySeal,
        permit_key: SigningKey,
        permit_keys: PublicKeys,
        tmp_path: Path,
        dots_per_inch: int,
    ) -> None:
        url = token_url(issue_permit_token(CLAIMS, permit_key), "https://portal.lindenau.example")
        data = sample("resident_parking_permit", verification_url=url)
        pdf = seal.seal_blocking(renderer.render("resident_parking_permit", data))
        scanned = scan(pdf, tmp_path, 1, dots_per_inch)
        assert read_permit_token(token_from_text(scanned), permit_keys) == CLAIMS


class TestTheGiroCode:
    def test_asks_for_the_next_instalment(self, renderer: Renderer, tmp_path: Path) -> None:
        pdf = renderer.render("dog_tax_assessment", sample("dog_tax_assessment"))
        lines = scan(pdf, tmp_path, 2, 200).split("\n")
        assert lines[:4] == ["BCD", "002", "1", "SCT"]
        assert lines[5:8] == ["Stadt Lindenau", "DE08500209990001234567", "EUR32"]
        assert lines[9:11] == ["", "5120.000332.7"]

    def test_has_a_structured_reference_in_the_field_for_it(self, renderer: Renderer, tmp_path: Path) -> None:
        data = sample("dog_tax_assessment", kassenzeichen="RF462026000123")
        lines = scan(renderer.render("dog_tax_assessment", data), tmp_path, 2, 200).split("\n")
        assert lines[9:] == ["RF462026000123"]
