"""Every kind, sealed, against the reference validator."""

import pytest

from services.documents.rendering import Renderer
from services.documents.sealing import LocalKeySeal
from tests.services.documents import verapdf
from tests.services.documents.samples import KINDS, sample

reason = verapdf.missing()
pytestmark = pytest.mark.skipif(reason is not None, reason=f"veraPDF cannot run: {reason}")


@pytest.fixture(scope="module")
def verdicts(
    renderer: Renderer, seal: LocalKeySeal, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[str]]]:
    folder = tmp_path_factory.mktemp("sealed")
    files = [folder / f"{kind}.pdf" for kind in KINDS]
    for kind, file in zip(KINDS, files, strict=True):
        file.write_bytes(seal.seal_blocking(renderer.render(kind, sample(kind))))
    spoilt = folder / "spoilt.pdf"
    spoilt.write_bytes(files[0].read_bytes().replace(b"pdfaid:part", b"pdfaid:parq"))
    return verapdf.failures(*files, spoilt)


class TestASealedDocument:
    @pytest.mark.parametrize("standard", verapdf.FLAVOURS)
    @pytest.mark.parametrize("kind", KINDS)
    def test_meets_the_standard(
        self, verdicts: dict[str, dict[str, list[str]]], kind: str, standard: str
    ) -> None:
        assert verdicts[f"{kind}.pdf"][standard] == []


class TestTheValidator:
    def test_finds_a_missing_claim(self, verdicts: dict[str, dict[str, list[str]]]) -> None:
        assert verdicts["spoilt.pdf"]["PDF/A-3a"] != []
