"""From a case to what is printed: each kind from a case as applications shows it, and set by the renderer."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.documents.composing import Composer
from services.documents.consumed import Application, PaidClaim
from services.documents.rendering import Branding, Renderer
from services.documents.rendering.render import InvalidDocumentData, parse
from services.documents.tokens import PublicKeys, SigningKey, read_permit_token, token_from_text
from services.documents.wording import load_wording
from shared.ids import new_id
from shared.testing import CallerMint
from tests.services.documents.neighbours import PRINTED, Neighbours
from tests.services.documents.test_rendering import text_of

TODAY = date(2026, 11, 22)
MARK, NEXT_MARK = "47112600000122", "47112600000233"
ASSESSED = {
    "year": 2026, "months": 8, "liable_from": "2026-05-01", "rate_cents": 9600, "others_rise_cents": 1200,
    "total_cents": 7200,
    "instalments": [{"due_on": "2026-12-22", "cents": 3600}, {"due_on": "2027-02-15", "cents": 3600}],
}  # fmt: skip


@pytest.fixture
def composer(branding: Branding, permit_key: SigningKey) -> Composer:
    zone = ZoneInfo("Europe/Berlin")
    return Composer(branding, load_wording(), zone, permit_key, "https://portal.lindenau.example")


def case(mint: CallerMint, **changes: Any) -> Application:
    neighbours, case_id = Neighbours(mint), new_id()
    neighbours.approved(case_id, new_id())
    return Application.model_validate(neighbours.cases[str(case_id)] | changes)


def dog_case(mint: CallerMint, **changes: Any) -> Application:
    answers = {
        "given_names": "Ayşe", "family_name": "Öztürk", "street": "Kirchgasse", "house_number": "3a",
        "postal_code": "01234", "dog_name": "Ķepa", "breed": "Rauhaardackel",
    }  # fmt: skip
    given = {"service": "hundesteuer-anmeldung", "answers": answers, "assessment": ASSESSED} | changes
    return case(mint, valid_from="2026-05-01", valid_until=None, **given)


class TestPermit:
    def test_carries_a_code_that_proves_it(
        self, composer: Composer, mint: CallerMint, permit_keys: PublicKeys
    ) -> None:
        made = composer.permit(case(mint), "BPA-26-000001", TODAY)
        claims = read_permit_token(token_from_text(made.data.verification_url), permit_keys)  # type: ignore[attr-defined]
        content = made.content
        assert (claims.number, claims.plate, claims.zone) == ("BPA-26-000001", "LIN-AB 123", "A")
        assert (claims.valid_from, claims.valid_until) == (content.valid_from, content.valid_until)

    def test_counts_the_payment_in_the_citys_days(self, composer: Composer, mint: CallerMint) -> None:
        late = [{"step": "fee_settled", "at": "2026-11-22T23:30:00+00:00"}]
        made = composer.permit(case(mint, timeline=late), "BPA-26-000001", TODAY)
        assert made.data.model_dump()["paid_on"] == date(2026, 11, 23)

    @pytest.mark.parametrize("missing", ["facts", "answers", "valid_from"])
    def test_is_refused_without_what_it_names(
        self, composer: Composer, mint: CallerMint, missing: str
    ) -> None:
        lacking: Any = {"facts": {}, "answers": {}, "valid_from": None}[missing]
        with pytest.raises(InvalidDocumentData):
            composer.permit(case(mint, **{missing: lacking}), "BPA-26-000001", TODAY)


class TestAssessment:
    def test_adds_up_line_by_line(self, composer: Composer, mint: CallerMint, renderer: Renderer) -> None:
        made = composer.assessment(dog_case(mint), "HST-26-000001", TODAY, [MARK])
        data = made.data.model_dump()
        assert [dog["amount_cents"] for dog in data["dogs"]] == [6400, 800]
        assert [part["amount_cents"] for part in data["instalments"]] == [3600, 3600]
        assert renderer.render("dog_tax_assessment", made.data).startswith(b"%PDF")

    def test_names_the_kassenzeichen_of_each_instalment(
        self, composer: Composer, mint: CallerMint, renderer: Renderer
    ) -> None:
        made = composer.assessment(dog_case(mint), "HST-26-000001", TODAY, [MARK, NEXT_MARK])
        data = made.data.model_dump()
        assert [part["kassenzeichen"] for part in data["instalments"]] == [MARK, NEXT_MARK]
        said = text_of(renderer.render("dog_tax_assessment", made.data))
        assert all(words in said for words in (MARK, NEXT_MARK, "eigenes Kassenzeichen"))

    def test_names_one_for_all_where_there_is_one(self, composer: Composer, mint: CallerMint) -> None:
        data = composer.assessment(dog_case(mint), "HST-26-000001", TODAY, [MARK]).data.model_dump()
        assert {part["kassenzeichen"] for part in data["instalments"]} == {None}

    def test_is_refused_without_a_computation(self, composer: Composer, mint: CallerMint) -> None:
        with pytest.raises(InvalidDocumentData):
            composer.assessment(dog_case(mint, assessment=None), "HST-26-000001", TODAY, [MARK])


class TestRejection:
    def test_gives_the_reason_and_the_clerks_words(
        self, composer: Composer, mint: CallerMint, renderer: Renderer
    ) -> None:
        refused = case(
            mint, decision={"reason": "vehicle_not_used", "text": "Der Nachweis fehlt."},
            rejection_reasons=[{"code": "other", "words": "X"}, {"code": "vehicle_not_used", "words": "Y"}],
        )  # fmt: skip
        made = composer.rejection(refused, "ABL-26-000001", TODAY)
        assert made.data.model_dump()["reasons"] == ["Y", "Der Nachweis fehlt."]
        assert renderer.render("rejection_notice", made.data).startswith(b"%PDF")

    def test_is_refused_without_any_reason(self, composer: Composer, mint: CallerMint) -> None:
        with pytest.raises(InvalidDocumentData):
            composer.rejection(case(mint, decision=None), "ABL-26-000001", TODAY)


class TestReceipt:
    def test_names_the_method_in_words(self, composer: Composer, mint: CallerMint) -> None:
        paid = PaidClaim(
            case_number="BPA-2026-000815", kassenzeichen="47112600000122", amount_cents=3060, method="card",
            settled_at=datetime(2026, 11, 22, 9, 31, tzinfo=UTC),
        )  # fmt: skip
        data = composer.receipt(case(mint), paid, "ZB-26-000001", TODAY).data.model_dump()
        assert (data["method"], data["total_cents"], data["paid_on"]) == ("Kreditkarte", 3060, TODAY)

    @pytest.mark.parametrize(("count", "said"), [(1, "Bewohnerparken"), (4, "Bewohnerparken, 2. Rate")])
    def test_says_which_instalment_was_paid(
        self, composer: Composer, mint: CallerMint, count: int, said: str
    ) -> None:
        paid = PaidClaim(
            case_number="HST-2026-000815", kassenzeichen=MARK, amount_cents=2100, method="card",
            settled_at=datetime(2026, 11, 22, 9, 31, tzinfo=UTC), instalment=min(2, count),
            instalment_count=count,
        )  # fmt: skip
        words = {**PRINTED, "subject": "Bewohnerparken"}
        data = composer.receipt(case(mint, printed=words), paid, "ZB-26-000001", TODAY).data.model_dump()
        assert data["items"][0]["text"] == said

    @pytest.mark.parametrize(
        ("methods", "words"),
        [
            (("bank_transfer", "card"), "Überweisung, Kreditkarte"),
            (("cash",), "Barzahlung"),
            ((), "Überweisung"),
        ],
    )
    def test_names_all_ways_of_money_in_parts(
        self, composer: Composer, mint: CallerMint, methods: tuple[str, ...], words: str
    ) -> None:
        paid = PaidClaim(
            case_number="BPA-2026-000815", kassenzeichen="47112600000122", amount_cents=3060,
            method="bank_transfer", methods=methods, settled_at=datetime(2026, 11, 22, 9, 31, tzinfo=UTC),
        )  # fmt: skip
        data = composer.receipt(case(mint), paid, "ZB-26-000001", TODAY).data.model_dump()
        assert data["method"] == words


MORNING, NOON = datetime(2026, 11, 20, 9, 31, tzinfo=UTC), datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def paid_claim(**changes: Any) -> PaidClaim:
    """Paid in cash on one day."""
    told = {
        "case_number": "BPA-2026-000815", "kassenzeichen": "47112600000122", "amount_cents": 3060,
        "method": "cash", "settled_at": MORNING,
        "payments": [{"method": "cash", "amount_cents": 3060, "paid_at": MORNING}],
    }  # fmt: skip
    return PaidClaim.model_validate(told | changes)


class TestReceiptOfMore:
    def test_says_what_went_back_and_what_stays(
        self, composer: Composer, mint: CallerMint, renderer: Renderer
    ) -> None:
        paid = paid_claim(refunds=[{"method": "bank_transfer", "amount_cents": 1275, "returned_at": NOON}])
        made = composer.receipt(case(mint), paid, "ZB-26-000002", TODAY)
        data = made.data.model_dump()
        assert (data["kept_cents"], data["total_cents"]) == (1785, 3060)
        assert data["refunds"] == [{"day": TODAY, "method": "Überweisung", "amount_cents": 1275}]
        assert "vollständig" not in data["note"]
        text = text_of(renderer.render("receipt", made.data))
        assert "Zurückgezahlt" in text
        assert "17,85" in text

    def test_says_what_is_still_to_pay(
        self, composer: Composer, mint: CallerMint, renderer: Renderer
    ) -> None:
        part = [{"method": "cash", "amount_cents": 1000, "paid_at": MORNING}]
        made = composer.receipt(case(mint), paid_claim(payments=part, owed_cents=2060), "ZB-26-000003", TODAY)
        assert made.data.model_dump()["open_cents"] == 2060
        text = text_of(renderer.render("receipt", made.data))
        assert "Noch zu zahlen" in text
        assert "vollständig" not in text

    def test_is_refused_where_it_does_not_add_up(self, composer: Composer, mint: CallerMint) -> None:
        data = composer.receipt(case(mint), paid_claim(), "ZB-26-000004", TODAY).data.model_dump()
        with pytest.raises(InvalidDocumentData):
            parse("receipt", data | {"kept_cents": 1})


class TestWordsOfAService:
    """They come with the case: documents knows no service by name."""

    def test_name_what_is_printed(self, composer: Composer, mint: CallerMint) -> None:
        words = PRINTED | {
            "title": "Besucherparkausweis",
            "subject": "Besucherparken",
            "notes": ["Nur tags."],
        }
        made = composer.permit(case(mint, printed=words), "BVA-26-000001", TODAY).data.model_dump()
        assert (made["title"], made["notes"]) == ("Besucherparkausweis", ["Nur tags."])
        refused = case(mint, printed=words, decision={"reason": "other", "text": "Nein."})
        assert (
            composer.rejection(refused, "ABL-26-1", TODAY).data.model_dump()["service_title"]
            == "Besucherparken"
        )

    def test_may_bring_a_remedy_of_their_own(self, composer: Composer, mint: CallerMint) -> None:
        decision = {"reason": "other", "text": "Nein."}
        general = composer.rejection(case(mint, decision=decision), "ABL-26-1", TODAY).data.model_dump()
        assert general["remedy"]["paragraphs"] == composer.wording.remedy.paragraphs
        own = case(mint, decision=decision, printed=PRINTED | {"remedy": ["Klage binnen eines Monats."]})
        made = composer.rejection(own, "ABL-26-1", TODAY).data.model_dump()
        assert made["remedy"]["paragraphs"] == ["Klage binnen eines Monats."]

    def test_are_needed_for_a_permit(self, composer: Composer, mint: CallerMint) -> None:
        with pytest.raises(InvalidDocumentData, match="notes"):
            composer.permit(case(mint, printed=PRINTED | {"notes": []}), "BPA-26-000001", TODAY)
