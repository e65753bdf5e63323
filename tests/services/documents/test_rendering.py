"""What a rendered document holds, and what no document may do with a citizen's text."""

import io
import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.documents.rendering import (
    Branding,
    DocumentKind,
    FontsUnavailable,
    InvalidDocumentData,
    Renderer,
    UnprintableText,
)
from services.documents.rendering.kinds import KINDS as SHAPES
from tests.services.documents.samples import KINDS, sample

PERSON = sample("resident_parking_permit")["holder"]


def text_of(pdf: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(" ".join(pages).replace("\u00a0", " ").split())


def permit_of(renderer: Renderer, family_name: str) -> bytes:
    holder = PERSON | {"family_name": family_name}
    return renderer.render("resident_parking_permit", sample("resident_parking_permit", holder=holder))


class TestADocument:
    @pytest.mark.parametrize("kind", KINDS)
    def test_carries_its_data_for_machines(self, renderer: Renderer, kind: DocumentKind) -> None:
        (attached,) = PdfReader(io.BytesIO(renderer.render(kind, sample(kind)))).attachments["daten.json"]
        data = json.loads(attached)
        assert data["schema"] == SHAPES[kind].schema_urn
        assert data["issuer"] == "Stadt Lindenau"
        assert data["number"] == sample(kind)["number"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_depends_on_its_data_alone(
        self, renderer: Renderer, branding: Branding, fonts: Path, kind: DocumentKind
    ) -> None:
        again = Renderer(branding, fonts)
        assert renderer.render(kind, sample(kind)) == again.render(kind, sample(kind))

    @pytest.mark.parametrize("kind", KINDS)
    def test_states_title_and_language(self, renderer: Renderer, kind: DocumentKind) -> None:
        reader = PdfReader(io.BytesIO(renderer.render(kind, sample(kind))))
        assert reader.metadata is not None
        assert sample(kind)["number"] in str(reader.metadata.title)
        assert str(reader.root_object["/Lang"]).startswith("de")

    def test_takes_the_city_from_data(self, renderer: Renderer, branding: Branding, fonts: Path) -> None:
        other = Renderer(branding.model_copy(update={"name": "Gemeinde Ahornau"}), fonts)
        text = text_of(other.render("receipt", sample("receipt")))
        assert "Gemeinde Ahornau" in text

    def test_embeds_every_font(self, renderer: Renderer) -> None:
        reader = PdfReader(io.BytesIO(renderer.render("dog_tax_assessment", sample("dog_tax_assessment"))))
        fonts = {str(font["/BaseFont"]) for page in reader.pages for font in _fonts(page)}
        assert {name.split("+")[1].split("-")[0] for name in fonts} == {"FiraSans"}


def _fonts(page: Any) -> list[Any]:
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


class TestTheAssessment:
    def test_shows_tax_due_dates_and_remedy(self, renderer: Renderer) -> None:
        text = text_of(renderer.render("dog_tax_assessment", sample("dog_tax_assessment")))
        for expected in (
            "Hundesteuerbescheid für das Jahr 2026",
            "128,00 €",
            "22.06.2026",
            "DE08 5002 0999 0001 2345 67",
            "Rechtsbehelfsbelehrung",
            "ohne Unterschrift gültig",
        ):
            assert expected in text

    def test_groups_thousands(self, renderer: Renderer) -> None:
        items = [{"text": "Ablösung", "amount_cents": 123456705}]
        paid = [{"day": "2026-11-22", "method": "Überweisung", "amount_cents": 123456705}]
        data = sample("receipt", items=items, total_cents=123456705, payments=paid, kept_cents=123456705)
        assert "1.234.567,05 €" in text_of(renderer.render("receipt", data))

    def test_refuses_instalments_that_do_not_add_up(self, renderer: Renderer) -> None:
        data = sample("dog_tax_assessment")
        data["instalments"][0]["amount_cents"] -= 1
        with pytest.raises(InvalidDocumentData):
            renderer.render("dog_tax_assessment", data)


class TestALetter:
    @pytest.mark.parametrize("kind", ["dog_tax_assessment", "rejection_notice"])
    def test_cannot_lack_the_remedy(self, renderer: Renderer, kind: DocumentKind) -> None:
        data = sample(kind)
        del data["remedy"]
        with pytest.raises(InvalidDocumentData) as refused:
            renderer.render(kind, data)
        assert refused.value.fields == ["remedy: missing"]


class TestACitizensText:
    @pytest.mark.parametrize(
        "name",
        [
            '#panic("x")',
            "*bold*",
            "_kursiv_",
            "$x^2$",
            "= Titel",
            "<label>",
            "@verweis",
            "\\u{41}",
            "]}",
            "//x",
        ],
    )
    def test_is_printed_never_run(self, renderer: Renderer, name: str) -> None:
        assert f"Łukasz {name}" in text_of(permit_of(renderer, name))

    @pytest.mark.parametrize(
        "name",
        ["Größner-Yılmaz", "Șerban", "Žukauskaitė", "STRAẞE", "Nguyễn", "ʿAbd", "Ḫāliṣ", "Παπαδάκης"],
    )
    def test_keeps_its_letters(self, renderer: Renderer, name: str) -> None:
        assert f"Łukasz {name}" in text_of(permit_of(renderer, name))

    @pytest.mark.parametrize("name", ["C\u0328\u0306erim", "g\u0303oa", "L\u0302ukomski", "K\u0331ara"])
    def test_may_need_combining_marks(self, renderer: Renderer, name: str) -> None:
        printed = unicodedata.normalize("NFC", text_of(permit_of(renderer, name)))
        assert unicodedata.normalize("NFC", name) in printed

    @pytest.mark.parametrize(("name", "characters"), [("漢字", "漢字"), ("Mia 😀", "😀")])
    def test_without_a_glyph_is_refused(self, renderer: Renderer, name: str, characters: str) -> None:
        with pytest.raises(UnprintableText) as refused:
            permit_of(renderer, name)
        assert refused.value.characters == characters

    @pytest.mark.parametrize("name", ["Meier\u202eretsiem", "Mei\u200ber", "Mei\ner", "Mei\x00er", "\ue000"])
    def test_may_not_hide_characters(self, renderer: Renderer, name: str) -> None:
        with pytest.raises(InvalidDocumentData) as refused:
            permit_of(renderer, name)
        assert refused.value.fields == ["holder.family_name: value_error"]
        assert name not in str(refused.value)

    def test_of_any_length_stays_on_one_sheet(self, renderer: Renderer) -> None:
        pdf = permit_of(renderer, "Wolfeschlegelsteinhausen-Bergerdorff " * 4)
        assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


class TestTheRenderer:
    def test_serves_several_threads(self, renderer: Renderer) -> None:
        numbers = [f"BPA-26-{n:06d}" for n in range(24)]
        with ThreadPoolExecutor(4) as pool:
            made = pool.map(
                lambda n: renderer.render(
                    "resident_parking_permit", sample("resident_parking_permit", number=n)
                ),
                numbers,
            )
        assert all(number in text_of(pdf) for number, pdf in zip(numbers, made, strict=True))

    def test_will_not_start_without_fonts(self, branding: Branding, tmp_path: Path) -> None:
        with pytest.raises(FontsUnavailable, match="Fira Sans"):
            Renderer(branding, tmp_path)

    def test_refuses_an_unknown_field(self, renderer: Renderer) -> None:
        with pytest.raises(InvalidDocumentData) as refused:
            renderer.render("receipt", sample("receipt", colour="red"))
        assert refused.value.fields == ["colour: extra_forbidden"]
