"""The seal: who put it there, and what one changed byte does to it."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from asn1crypto.cms import ContentInfo
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


def container_of(sealed: bytes) -> re.Match[bytes]:
    held = re.search(rb"/Contents\s*<([0-9a-f]{200,})>", sealed, re.IGNORECASE)
    assert held is not None
    return held


def cms_of(sealed: bytes) -> Any:
    """The SignedData of a seal."""
    return ContentInfo.load(bytes.fromhex(container_of(sealed)[1].decode()), strict=False)["content"]


class TestSealsOfTheSameKey:
    """What is the same in all of them is made once: nothing of one document may get into another's."""

    @pytest.fixture
    def two(self, plain: bytes, seal: LocalKeySeal, renderer: Renderer) -> list[bytes]:
        other = renderer.render("rejection_notice", sample("rejection_notice"))
        return [seal.seal_blocking(pdf) for pdf in (plain, other)]

    def test_hold_each(self, two: list[bytes], roots: list[x509.Certificate]) -> None:
        assert [verify(sealed, roots).ok for sealed in two] == [True, True]

    def test_sign_what_pades_asks_for(self, two: list[bytes]) -> None:
        """EN 319 142-1, table 1: no time among the attributes, the certificate bound by its hash."""
        for sealed in two:
            [signer] = cms_of(sealed)["signer_infos"]
            named = {attribute["type"].native for attribute in signer["signed_attrs"]}
            assert named == {"content_type", "message_digest", "signing_certificate_v2"}

    def test_differ_in_digest_and_signature(self, two: list[bytes]) -> None:
        signers = [cms_of(sealed)["signer_infos"][0] for sealed in two]
        digests, signatures = (
            {one["values"][0].native for signer in signers for one in signer["signed_attrs"]
             if one["type"].native == "message_digest"},
            {signer["signature"].native for signer in signers},
        )  # fmt: skip
        assert (len(digests), len(signatures)) == (2, 2)

    def test_fit_no_other_document(self, two: list[bytes], roots: list[x509.Certificate]) -> None:
        one, other = two
        moved = other.replace(container_of(other)[1], container_of(one)[1])
        assert verify(moved, roots).sealed
        assert not verify(moved, roots).intact


class TestTheRoomForASeal:
    async def test_is_all_but_filled(self, seal: LocalKeySeal, plain: bytes) -> None:
        """What is left over is not covered by the seal: nobody may hide anything there."""
        for _ in range(20):  # the length of an ECDSA signature varies
            container = bytes.fromhex(container_of(await seal.seal(plain))[1].decode())
            used = 4 + int.from_bytes(container[2:4], "big")  # DER: a tag, two bytes of length behind 0x82
            assert container[:2] == b"\x30\x82"
            assert 0 <= len(container) - used <= 32
