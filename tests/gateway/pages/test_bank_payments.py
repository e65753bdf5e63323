"""Transfer, debit and mandates: what their pages say, send and refuse."""

from datetime import date
from typing import Any

import pytest

from gateway.pages.money_notes import day_to_pay, money_of, notes_of
from gateway.translations import Translator
from gateway.views.answers import COUNTRIES
from services.payments.sepa.directory import in_sepa
from tests.gateway.pages.conftest import CASE_PATH, Visitor, errors_of, hidden
from tests.gateway.pages.samples import CASE, CLAIM, case, claim
from tests.gateway.pages.town import Town, problem, refused_field

PAY, TRANSFER, DEBIT = f"{CASE_PATH}/bezahlen", f"{CASE_PATH}/ueberweisung", f"{CASE_PATH}/lastschrift"
MANDATE = "01990000-0000-7000-8000-0000000000f1"
SAID = {
    "holder": "Stadtkasse Lindenau", "iban": "DE02120300000000202051",
    "iban_grouped": "DE02 1203 0000 0000 2020 51", "bic": "BYLADEM1001", "amount_cents": 3060,
    "currency": "EUR", "text": "LIN26000471109", "girocode": "BCD", "girocode_svg": "<svg/>",
}  # fmt: skip
NOTICE = {
    "creditor": "Stadtkasse Lindenau", "creditor_id": "DE98ZZZ09999999999", "amount_cents": 3060,
    "currency": "EUR", "mandate_reference": "LIN26000471109-M1", "due": "2026-12-10",
}  # fmt: skip
TYPED = {"holder": "Ada Lovelace", "iban": "DE89 3704 0044 0532 0130 00", "agreed": "true"}
SECOND = {
    "kind": "second_payment", "amount_cents": 3060, "settled_at": "2026-12-01T09:00:00+00:00", "how": "x",
}  # fmt: skip
GIVEN = {"mandate_id": MANDATE, "reference": "LIN26000471109-M1", "account": "DE89 … 3000"}
DEBITED = {"due": "2026-12-10", "amount_cents": 3060, "reference": "LIN26000471109-1", "state": "announced"}


@pytest.fixture(autouse=True)
def _case(town: Town) -> None:
    tell(town, claim())
    methods = ["card", "direct_debit", "transfer"]
    town.tell("GET", "/methods", (200, {"methods": methods, "of_bank": ["direct_debit", "transfer"]}))
    town.tell("GET", f"/claims/{CLAIM}/transfer", (200, SAID))
    town.tell("POST", f"/claims/{CLAIM}/transfer", (201, SAID))
    town.tell("GET", f"/claims/{CLAIM}/debits/notice", (200, NOTICE))


HOME = {"street": "Bahnhofstrasse", "number": "1a", "postcode": "8001", "town": "Zürich", "country": "CH"}


def tell(town: Town, found: dict[str, Any]) -> None:
    town.tell("GET", f"/applications/{CASE}", (200, case()))
    town.tell("GET", "/claims", (200, {"claims": [found]}))


def test_countries_are_of_the_payment_area() -> None:
    assert [code for code in COUNTRIES if not in_sepa(code)] == []


class TestChoosing:
    async def test_says_when_each_way_counts_as_paid(self, citizen: Visitor) -> None:
        page = (await citizen.get(PAY)).text
        assert page.count("Gilt als bezahlt, sobald der Anbieter es bestätigt, meist sofort.") == 1
        assert page.count("Gilt als bezahlt, sobald das Geld da ist") == 1
        assert page.count("Gilt als bezahlt, sobald der Betrag von Ihrem Konto abgebucht ist.") == 1

    @pytest.mark.parametrize("key", ["a\nb", "a b", "ä", "x" * 65, ""])
    async def test_refuses_a_key_that_is_none(self, citizen: Visitor, town: Town, key: str) -> None:
        page = await citizen.get(PAY)
        answer = await citizen.send(page, PAY, {"method": "card", "idempotency-key": key})
        assert answer.status_code == 422
        assert town.heard("POST", f"/claims/{CLAIM}/attempts") == []


class TestATransfer:
    async def test_is_chosen_and_explained(self, citizen: Visitor, town: Town) -> None:
        page = await citizen.get(PAY)
        answer = await citizen.send(page, PAY, {"method": "transfer"})
        assert answer.headers["location"] == TRANSFER
        sent = town.heard("POST", f"/claims/{CLAIM}/transfer")[0]
        assert sent.headers["idempotency-key"] == f"{hidden(page)['idempotency-key']}.transfer"
        shown = (await citizen.get(TRANSFER)).text
        for said in ("Stadtkasse Lindenau", SAID["iban_grouped"], "30,60", "LIN26000471109"):
            assert str(said) in shown
        assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in shown
        assert "usually" not in shown
        assert "meist nach 1 bis 2 Banktagen" in shown

    async def test_in_part_says_what_is_missing(self, citizen: Visitor, town: Town) -> None:
        tell(town, claim(paid_cents=1000, owed_cents=2060, waits_for="transfer"))
        town.tell("GET", f"/claims/{CLAIM}/transfer", (200, {**SAID, "amount_cents": 2060}))
        missing = "Angekommen sind 10,00\u00a0€. Es fehlen noch 20,60\u00a0€."
        assert missing in (await citizen.get(TRANSFER)).text
        assert missing in (await citizen.get(CASE_PATH)).text

    async def test_in_part_says_until_when_the_rest_is_to_be_paid(self, citizen: Visitor, town: Town) -> None:
        tell(town, claim(paid_cents=1000, owed_cents=2060, waits_for="transfer", pay_by="2026-12-06"))
        page = (await citizen.get(CASE_PATH)).text
        assert "bezahlen Sie den Rest bis 6.\u00a0Dezember\u00a02026, sonst verfällt der Antrag." in page

    @pytest.mark.parametrize(
        ("status", "slug", "where"),
        [(409, "nothing_to_pay", CASE_PATH), (409, "method_off", PAY), (422, "method_unknown", PAY)],
    )
    async def test_that_is_not_possible_leads_on(
        self, citizen: Visitor, town: Town, status: int, slug: str, where: str
    ) -> None:
        town.tell("GET", f"/claims/{CLAIM}/transfer", problem(status, slug))
        answer = await citizen.get(TRANSFER)
        assert (answer.status_code, answer.headers["location"]) == (303, where)

    async def test_is_waited_for_on_the_case(self, citizen: Visitor, town: Town) -> None:
        tell(town, claim(waits_for="transfer"))
        page = (await citizen.get(CASE_PATH)).text
        assert "Wir warten auf Ihre Überweisung." in page
        assert f'href="{TRANSFER}"' in page


class TestADebit:
    async def test_shows_the_mandate_first(self, citizen: Visitor, town: Town) -> None:
        answer = await citizen.send(await citizen.get(PAY), PAY, {"method": "direct_debit"})
        assert answer.headers["location"] == DEBIT
        assert town.heard("POST", f"/claims/{CLAIM}/attempts") == []
        shown = (await citizen.get(DEBIT)).text
        day = "10.\u00a0Dezember\u00a02026"
        told = ("DE98ZZZ09999999999", "LIN26000471109-M1", "acht Wochen", day, "30,60")
        assert [said for said in told if said not in shown] == []

    async def test_through_a_provider_goes_there(self, citizen: Visitor, town: Town) -> None:
        town.tell("GET", "/methods", (200, {"methods": ["direct_debit"], "of_bank": ["transfer"]}))
        started = {"attempt_id": "a", "redirect_url": "https://bank.example/pay/1"}
        town.tell("POST", f"/claims/{CLAIM}/attempts", (201, started))
        answer = await citizen.send(await citizen.get(PAY), PAY, {"method": "direct_debit"})
        assert answer.headers["location"] == "https://bank.example/pay/1"

    async def test_is_agreed_to(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", f"/claims/{CLAIM}/debits", (201, {}))
        page = await citizen.get(DEBIT)
        answer = await citizen.send(page, DEBIT, TYPED)
        assert answer.headers["location"] == CASE_PATH
        sent = town.heard("POST", f"/claims/{CLAIM}/debits")[0]
        assert sent.json == {"holder": "Ada Lovelace", "iban": TYPED["iban"], "agreed": True}
        assert sent.headers["idempotency-key"] == hidden(page)["idempotency-key"]
        tell(town, claim(waits_for="debit", debit=DEBITED))
        shown = (await citizen.get(CASE_PATH)).text
        assert "Das Mandat ist erteilt, die Lastschrift ist angekündigt." in shown
        assert "Wir buchen 30,60\u00a0€ am 10.\u00a0Dezember\u00a02026 von Ihrem Konto ab" in shown

    @pytest.mark.parametrize(
        ("code", "params", "sentence"),
        [
            ("iban_group", {"group": 3, "found": 3, "expected": 4},
             "IBAN: In der 3. Vierergruppe stehen 3 statt 4 Zeichen"),
            ("iban_check_digits", {}, "IBAN: Eine Ziffer stimmt nicht oder zwei sind vertauscht."),
            ("iban_outside_sepa", {"country": "TR"}, "IBAN: Von einem Konto in TR ist keine SEPA"),
        ],
    )  # fmt: skip
    async def test_with_a_wrong_account_says_what_is_wrong(
        self, citizen: Visitor, town: Town, code: str, params: dict[str, Any], sentence: str
    ) -> None:
        refusal = problem(422, "invalid", errors=[refused_field("iban", code, **params)])
        town.tell("POST", f"/claims/{CLAIM}/debits", refusal)
        answer = await citizen.send(await citizen.get(DEBIT), DEBIT, TYPED)
        assert answer.status_code == 422
        assert errors_of(answer)[0].startswith(sentence)
        assert 'value="Ada Lovelace"' in answer.text

    async def test_from_abroad_asks_where_the_payer_lives(self, citizen: Visitor, town: Town) -> None:
        page = await citizen.get(DEBIT)
        assert 'name="town"' not in page.text
        needed = refused_field("iban", "iban_address_needed", country="CH")
        town.tell("POST", f"/claims/{CLAIM}/debits", problem(422, "invalid", errors=[needed]))
        asked = await citizen.send(page, DEBIT, TYPED)
        assert asked.status_code == 422
        assert "verlangt die Bank auch Ihre Anschrift und die BIC" in asked.text
        for name in ("street", "number", "postcode", "town", "country", "bic"):
            assert f'name="{name}"' in asked.text
        town.tell("POST", f"/claims/{CLAIM}/debits", (201, {}))
        answer = await citizen.send(asked, DEBIT, {**TYPED, **HOME, "bic": "POFICHBEXXX"})
        assert answer.headers["location"] == CASE_PATH
        sent = town.heard("POST", f"/claims/{CLAIM}/debits")[-1].json
        assert (sent["address"], sent["bic"]) == (HOME, "POFICHBEXXX")

    @pytest.mark.parametrize(
        ("field", "code", "sentence"),
        [
            ("address.town", "string_pattern_mismatch", "Ort: Bitte ausfüllen"),
            ("address.country", "required", "Land, in dem Sie wohnen: Bitte ausfüllen"),
            ("bic", "bic_form", "BIC: Sie hat 8 oder 11 Zeichen, zum Beispiel POFICHBEXXX"),
        ],
    )
    async def test_from_abroad_says_what_is_missing(
        self, citizen: Visitor, town: Town, field: str, code: str, sentence: str
    ) -> None:
        refusal = problem(422, "invalid", errors=[refused_field(field, code)])
        town.tell("POST", f"/claims/{CLAIM}/debits", refusal)
        answer = await citizen.send(await citizen.get(DEBIT), DEBIT, {**TYPED, "street": "Bahnhofstrasse"})
        assert errors_of(answer) == [sentence]
        assert 'value="Bahnhofstrasse"' in answer.text

    async def test_without_agreement_asks_for_it(self, citizen: Visitor, town: Town) -> None:
        refusal = problem(422, "invalid", errors=[refused_field("agreed", "declaration_missing")])
        town.tell("POST", f"/claims/{CLAIM}/debits", refusal)
        answer = await citizen.send(await citizen.get(DEBIT), DEBIT, {**TYPED, "agreed": ""})
        assert errors_of(answer) == ["Bitte bestätigen Sie die Erklärung"]

    @pytest.mark.parametrize("key", ["a\nb", "ä", ""])
    async def test_refuses_a_key_that_is_none(self, citizen: Visitor, town: Town, key: str) -> None:
        answer = await citizen.send(await citizen.get(DEBIT), DEBIT, {**TYPED, "idempotency-key": key})
        assert answer.status_code == 422
        assert town.heard("POST", f"/claims/{CLAIM}/debits") == []
        assert 'value="Ada Lovelace"' in answer.text

    async def test_that_is_announced_is_not_asked_for_again(self, citizen: Visitor, town: Town) -> None:
        tell(town, claim(waits_for="debit", debit=DEBITED))
        assert (await citizen.get(DEBIT)).headers["location"] == CASE_PATH

    async def test_that_is_announced_already_is_told(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", f"/claims/{CLAIM}/debits", problem(409, "debit_under_way"))
        answer = await citizen.send(await citizen.get(DEBIT), DEBIT, TYPED)
        assert answer.headers["location"] == CASE_PATH


class TestAnotherInstalment:
    """The one that the page showed is paid by the time that the form comes."""

    @pytest.mark.parametrize(
        ("page", "path", "fields", "sent"),
        [
            (DEBIT, DEBIT, TYPED, "debits"),
            (DEBIT, f"{DEBIT}/mandat", {"mandate": MANDATE}, "mandate-debits"),
            (PAY, PAY, {"method": "transfer"}, "transfer"),
        ],
    )
    async def test_is_shown_before_it_is_paid(
        self, citizen: Visitor, town: Town, page: str, path: str, fields: dict[str, str], sent: str
    ) -> None:
        shown = await citizen.get(page)
        tell(town, claim(claim_id=MANDATE, amount_cents=2100, owed_cents=2100))
        town.tell("GET", f"/claims/{MANDATE}/debits/notice", (200, {**NOTICE, "amount_cents": 2100}))
        answer = await citizen.send(shown, path, fields)
        assert (answer.status_code, "21,00\u00a0€" in answer.text) == (409, True)
        assert "ein anderer Betrag an der Reihe" in answer.text
        assert town.heard("POST", f"/claims/{MANDATE}/{sent}") == []
        town.tell("POST", f"/claims/{MANDATE}/{sent}", (201, SAID))
        assert (await citizen.send(answer, path, fields)).status_code == 303


class TestMandates:
    async def test_are_listed_and_taken_back(self, citizen: Visitor, town: Town) -> None:
        coming = [{"due": "2026-12-15", "amount_cents": 3060}]
        mandates = [{**GIVEN, "state": "active", "debits": coming}, {**GIVEN, "state": "revoked"}]
        town.tell("GET", "/mandates", (200, {"creditor_id": "DE98ZZZ09999999999", "mandates": mandates}))
        town.tell("POST", f"/mandates/{MANDATE}/revoke", (200, {"still_debited": 0}))
        page = await citizen.get("/konto")
        revoke = f"/konto/mandate/{MANDATE}/widerrufen"
        assert page.text.count(revoke) == 1
        assert page.text.count("DE89 … 3000") == 2
        assert "Nächste Abbuchung: 30,60 € am 15. Dezember 2026" in " ".join(page.text.split())
        answer = await citizen.send(page, revoke)
        assert answer.headers["location"] == "/konto"
        assert len(town.heard("POST", f"/mandates/{MANDATE}/revoke")) == 1
        assert "Wir buchen damit nichts mehr ab." in (await citizen.get("/konto")).text

    async def test_with_a_debit_at_the_bank_say_so(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", f"/mandates/{MANDATE}/revoke", (200, {"still_debited": 1}))
        page = await citizen.get("/konto")
        await citizen.send(page, f"/konto/mandate/{MANDATE}/widerrufen")
        assert "schon bei der Bank" in (await citizen.get("/konto")).text

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            ((200, {"state": "active"}), "Das Mandat ist wieder frei."),
            (problem(409, "mandate_needs_account"), "Geben Sie bitte ein anderes Konto an."),
            (problem(409, "mandate_not_active"), "lässt sich nicht mehr ändern"),
        ],
    )
    async def test_that_rest_are_released(
        self, citizen: Visitor, town: Town, answer: tuple[int, Any], told: str
    ) -> None:
        mandates = [{**GIVEN, "state": "suspended"}, {**GIVEN, "state": "active"}]
        town.tell("GET", "/mandates", (200, {"creditor_id": "DE98ZZZ09999999999", "mandates": mandates}))
        town.tell("POST", f"/mandates/{MANDATE}/resume", answer)
        page = await citizen.get("/konto")
        release = f"/konto/mandate/{MANDATE}/freigeben"
        assert page.text.count(release) == 1
        await citizen.send(page, release)
        assert told in (await citizen.get("/konto")).text

    async def test_away_leave_the_rest_of_the_page(self, citizen: Visitor, town: Town) -> None:
        town.tell("GET", "/mandates", problem(503, "unavailable"))
        assert "Ihre Mandate lassen sich gerade nicht zeigen." in (await citizen.get("/konto")).text

    async def test_of_others_are_not_there(self, citizen: Visitor, town: Town) -> None:
        page = await citizen.get("/konto")
        assert (await citizen.send(page, f"/konto/mandate/{MANDATE}/widerrufen")).status_code == 404


class TestNotes:
    @pytest.mark.parametrize(
        ("found", "notes"),
        [
            (claim(), ()),
            (claim(debit={**DEBITED, "state": "returned"}), ("Ihre Bank hat die Lastschrift zurück",)),
            (claim(debit={**DEBITED, "state": "rejected"}), ("Ihre Bank hat die Lastschrift nicht",)),
            (claim("settled", debit={**DEBITED, "state": "booked"}), ()),
            (claim(overdue=True), ("Der Betrag war bis 6.\u00a0Dezember\u00a02026 zu bezahlen.",)),
            (claim("being_checked", overdue=True), ()),
            (claim("settled", overdue=True), ()),
            (claim("settled", given_back=[SECOND]),
             ("Sie haben zweimal bezahlt. Die zweite Zahlung von 30",)),
            (claim("settled", given_back=[{**SECOND, "settled_at": None, "how": None}]),
             ("Sie haben zweimal bezahlt.",)),
            (claim("refunded", given_back=[{**SECOND, "kind": "refund_due"}]),
             ("Am 1.\u00a0Dezember\u00a02026 haben",)),
            (claim("settled", given_back=[{**SECOND, "how": "kept_by_agreement"}]), ()),
        ],
    )  # fmt: skip
    def test_say_what_is_true(self, found: dict[str, Any], notes: tuple[str, ...]) -> None:
        said = notes_of(found, Translator("de"))
        assert len(said) == len(notes)
        assert all(one.startswith(start) for one, start in zip(said, notes, strict=True))

    @pytest.mark.parametrize(
        ("concern", "next_"),
        [
            ("citizen_pays", "Bitte bezahlen Sie auf einem anderen Weg."),
            ("citizen_gives_account", "Bitte bezahlen Sie mit einer Lastschrift von einem anderen Konto"),
            ("citizen_objected", "sprechen Sie mit uns, wenn Sie den Betrag nicht schulden."),
            ("clerk", "Die Stadtkasse sieht sich das an"),
            ("alarm", "Der Fehler liegt nicht bei Ihnen"),
            ("from_a_later_release", "Bitte bezahlen Sie auf einem anderen Weg."),
            (None, "Bitte bezahlen Sie auf einem anderen Weg."),
        ],
    )
    @pytest.mark.parametrize("state", ["returned", "rejected"])
    def test_say_what_to_do_by_the_banks_reason(self, state: str, concern: str | None, next_: str) -> None:
        debit = {**DEBITED, "state": state, "concern": concern}
        [said] = notes_of(claim(debit=debit), Translator("de"))
        assert next_ in said

    @pytest.mark.parametrize(
        ("method", "way"),
        [("paypal", "(PayPal)."), ("bank_transfer", "(Überweisung)."), ("cash", "(Barkasse).")],
    )
    def test_name_the_way_that_money_went_back(self, method: str, way: str) -> None:
        [said] = notes_of(claim("settled", given_back=[{**SECOND, "method": method}]), Translator("de"))
        assert said.endswith(way)

    @pytest.mark.parametrize("how", ["entry_voided", "offset_by_reversal"])
    def test_call_nothing_given_back_that_was_not(self, how: str) -> None:
        assert notes_of(claim("settled", given_back=[{**SECOND, "how": how}]), Translator("de")) == ()

    def test_do_not_press_who_is_waited_for(self) -> None:
        late = claim(overdue=True, waits_for="transfer")
        assert notes_of(late, Translator("de"), undecided=True) == ()
        assert len(notes_of(late, Translator("de"))) == 1
        assert day_to_pay({"state": "awaiting_payment"}, late) is None
        assert day_to_pay({"state": "completed"}, late) == date.fromisoformat(late["pay_by"])

    def test_change_what_the_page_is_drawn_from(self) -> None:
        assert money_of(claim(pay_by="2026-12-20")) != money_of(claim())
        assert money_of(claim(given_back=[SECOND])) != money_of(claim(given_back=[]))
        assert money_of(None) == ()
