"""The seal: who put it there, and what one changed byte does to it."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509
from pypdf import PdfReader, PdfWriter

from services.documents.rendering import Renderer
from services.documents.sealing import (
    LocalKeySeal,
    SealingFailed,
    SealKeyUnusable,
    load_roots,
    verify,
)
from services.documents.sealing.local_authority import make_seal_files
from services.documents.threads import WorkerThreads
from tests.services.documents.samples import sample


@pytest.fixture(scope="module")
def plain(renderer: Renderer) -> bytes:
    return renderer.render("receipt", sample("receipt"))


@pytest.fixture(scope="module")
def sealed(plain: bytes, seal: LocalKeySeal) -> bytes:
    return seal.seal_blocking(plain)


@pytest.fixture(scope="module")
def roots(seal_folder: Path) -> list[x509.Certificate]:
    return load_roots(seal_folder / "seal_ca.pem")


class TestASeal:
    def test_proves_the_city(self, sealed: bytes, roots: list[x509.Certificate]) -> None:
        report = verify(sealed, roots)
        assert report.ok
        assert "Stadt Lindenau" in str(report.sealed_by)
        assert report.sealed_at is not None
        assert abs(report.sealed_at - datetime.now(UTC)) < timedelta(minutes=5)

    def test_leaves_the_document_as_it_was(self, plain: bytes, sealed: bytes) -> None:
        assert sealed.startswith(plain)
        assert list(PdfReader(io.BytesIO(sealed)).attachments) == ["daten.json"]

    def test_is_pades(self, sealed: bytes) -> None:
        assert b"/ETSI.CAdES.detached" in sealed

    @pytest.mark.parametrize("part", [0.02, 0.2, 0.4, 0.6, 0.8, 0.85])
    def test_breaks_with_one_bit(self, sealed: bytes, roots: list[x509.Certificate], part: float) -> None:
        altered = bytearray(sealed)
        altered[int(len(sealed) * part)] ^= 1
        assert not verify(bytes(altered), roots).ok

    def test_does_not_cover_what_is_appended(self, sealed: bytes, roots: list[x509.Certificate]) -> None:
        writer = PdfWriter(io.BytesIO(sealed), incremental=True)
        writer.add_metadata({"/Subject": "nachträglich"})
        target = io.BytesIO()
        writer.write(target)
        report = verify(target.getvalue(), roots)
        assert report.sealed
        assert not report.ok

    def test_is_missing_on_a_plain_document(self, plain: bytes, roots: list[x509.Certificate]) -> None:
        assert not verify(plain, roots).sealed

    def test_of_a_foreign_authority_is_not_trusted(self, sealed: bytes, tmp_path: Path) -> None:
        foreign = tmp_path / "foreign.pem"
        foreign.write_bytes(make_seal_files("Stadt Lindenau", datetime.now(UTC)).authority)
        report = verify(sealed, load_roots(foreign))
        assert report.intact
        assert not report.trusted
        assert not report.ok

    def test_of_an_expired_certificate_is_not_trusted(
        self, sealed: bytes, roots: list[x509.Certificate]
    ) -> None:
        assert not verify(sealed, roots, at=datetime.now(UTC) + timedelta(days=4000)).trusted

    @pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"kein PDF"])
    def test_is_not_found_in_rubbish(self, content: bytes, roots: list[x509.Certificate]) -> None:
        assert not verify(content, roots).ok


class TestTheLocalKey:
    async def test_seals_from_an_event_loop(
        self, plain: bytes, seal: LocalKeySeal, roots: list[x509.Certificate], threads: WorkerThreads
    ) -> None:
        sealed = await seal.seal(plain)
        report = await threads.run(verify, sealed, roots)
        assert report.ok

    def test_says_when_nothing_was_sealed(self, seal: LocalKeySeal) -> None:
        with pytest.raises(SealingFailed):
            seal.seal_blocking(b"kein PDF")

    def test_must_belong_to_its_certificate(
        self, seal_folder: Path, tmp_path: Path, threads: WorkerThreads
    ) -> None:
        other = tmp_path / "seal_key.pem"
        other.write_bytes(make_seal_files("Andere", datetime.now(UTC)).key)
        certificate, authority = seal_folder / "seal_certificate.pem", seal_folder / "seal_ca.pem"
        with pytest.raises(SealKeyUnusable):
            LocalKeySeal(other, certificate, authority, place="Lindenau", threads=threads)

    def test_must_be_readable(self, seal_folder: Path, tmp_path: Path, threads: WorkerThreads) -> None:
        certificate, authority = seal_folder / "seal_certificate.pem", seal_folder / "seal_ca.pem"
        with pytest.raises(SealKeyUnusable):
            LocalKeySeal(tmp_path / "none.pem", certificate, authority, place="Lindenau", threads=threads)


class TestTheRoomForASeal:
    async def test_is_all_but_filled(self, seal: LocalKeySeal, plain: bytes) -> None:
        """What is left over is not covered by the seal: nobody may hide anything there."""
        for _ in range(20):  # the length of an ECDSA signature varies
            held = re.search(rb"/Contents\s*<([0-9a-f]{200,})>", await seal.seal(plain), re.IGNORECASE)
            assert held is not None
            container = bytes.fromhex(held[1].decode())
            used = 4 + int.from_bytes(container[2:4], "big")  # DER: a tag, two bytes of length behind 0x82
            assert container[:2] == b"\x30\x82"
            assert 0 <= len(container) - used <= 32
