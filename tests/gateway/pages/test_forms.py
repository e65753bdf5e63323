"""Finding a service, filling in its form, and sending it once."""

import pytest

from gateway.pages.start import matches
from tests.gateway.pages.conftest import Visitor, errors_of, hidden
from tests.gateway.pages.samples import ANSWERS, CASE, DRAFT, SERVICE, checked, service
from tests.gateway.pages.town import Answer, Asked, Town, problem, refused_field

FORM = f"/dienste/{SERVICE}/antrag"
CHECK = f"/services/{SERVICE}/check"
SEND = f"{FORM}/senden"
RECEIPT = {"case_id": CASE, "fee_cents": 3060, "fee_due": "before_decision"}


async def reviewed(citizen: Visitor, town: Town) -> dict[str, str]:
    """The hidden fields of the review page."""
    town.tell("POST", CHECK, (200, checked()))
    page = await citizen.send(await citizen.get(FORM), FORM, {**ANSWERS, "action": "review"})
    assert "Stimmt alles?" in page.text
    return hidden(page)


class TestStartPage:
    async def test_finds_a_service_by_another_word_for_it(self, visitor: Visitor) -> None:
        assert "Ein Dienst zu" in (await visitor.get("/?q=anwohner")).text
        assert "nichts gefunden" in (await visitor.get("/?q=Fahrrad")).text

    @pytest.mark.parametrize("query", ["STRASSE", "straße parken", "  ", "Anwohnerparken bewohner"])
    def test_forgives_case_and_spelling(self, query: str) -> None:
        assert matches(service(), query)

    async def test_shows_an_unknown_service_as_missing(self, visitor: Visitor, town: Town) -> None:
        assert (await visitor.get("/dienste/schiff")).status_code == 404
        assert (await visitor.get("/dienste/%2e%2e%3fx")).status_code == 404
        assert [one.path for one in town.asked] == ["/services/schiff"]


def took(half: int, most: int, share: float = 0.94) -> dict[str, object]:
    return {"cases": 143, "p50_seconds": half, "p90_seconds": most, "straight_through": share}


class TestUsualTime:
    @pytest.mark.parametrize(
        ("prefix", "half", "most", "words"),
        [
            ("", 2, 9, "9 von 10 Anträgen sind sofort fertig."),
            ("", 2, 112, "Meist sofort fertig, bei 9 von 10 Anträgen dauert es höchstens 2 Minuten."),
            ("", 100, 112, "Bei 9 von 10 Anträgen dauert es höchstens 2 Minuten."),
            ("", 86000, 432000, "dauert es höchstens 24 Stunden, bei 9 von 10 höchstens 5 Tage."),
            ("/en", 2, 112, "Usually at once, 9 of 10 within 2 minutes."),
            ("/en", 86000, 432000, "Half of them within 24 hours, 9 of 10 within 5 days."),
        ],
    )
    async def test_is_told_in_plain_words(
        self, citizen: Visitor, town: Town, prefix: str, half: int, most: int, words: str
    ) -> None:
        town.tell("GET", f"/services/{SERVICE}/processing-time", (200, took(half, most)))
        for path in (f"/dienste/{SERVICE}", FORM):
            page = (await citizen.get(f"{prefix}{path}")).text.replace("\u00a0", " ")
            assert words in page
            assert "143" in page
            assert "94 " in page

    async def test_is_left_out_while_nothing_is_known(self, citizen: Visitor, town: Town) -> None:
        unknown = {"cases": None, "p50_seconds": None, "p90_seconds": None, "straight_through": None}
        for answer in ((200, unknown), problem(503, "unavailable")):
            town.tell("GET", f"/services/{SERVICE}/processing-time", answer)
            page = await citizen.get(f"/dienste/{SERVICE}")
            assert (page.status_code, "9 von 10" in page.text) == (200, False)

    async def test_does_not_boast_of_what_never_happened(self, citizen: Visitor, town: Town) -> None:
        town.tell("GET", f"/services/{SERVICE}/processing-time", (200, took(86000, 432000, 0.0)))
        assert "ohne Wartezeit im Amt" not in (await citizen.get(FORM)).text


class TestForm:
    async def test_begins_with_what_the_profile_knows(self, citizen: Visitor) -> None:
        page = await citizen.get(FORM)
        assert 'id="family_name" name="family_name" type="text" value="Muster"' in page.text
        assert hidden(page)["service-version"] == "2"

    @pytest.mark.parametrize(
        ("prefix", "wrong", "missing"),
        [
            (
                "",
                "Dieses Kennzeichen kann es nicht geben. Schreiben Sie es so: LIN-AB 123",
                "Bitte auswählen",
            ),
            ("/en", "There can be no such number plate. Write it like this: LIN-AB 123", "please choose"),
        ],
    )
    async def test_says_in_words_what_is_wrong(
        self, citizen: Visitor, town: Town, prefix: str, wrong: str, missing: str
    ) -> None:
        errors = (refused_field("plate", "plate_impossible"), refused_field("holder", "required"))
        town.tell("POST", CHECK, (200, checked(*errors)))
        form = await citizen.get(f"{prefix}{FORM}")
        answer = await citizen.send(form, f"{prefix}{FORM}", {**ANSWERS, "plate": "X", "action": "review"})
        assert answer.status_code == 422
        first, second = errors_of(answer)
        assert (first, missing in second) == (wrong, True)
        assert 'value="X"' in answer.text

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (refused_field("months", "too_large", min=6, max=24), "Erlaubt ist 6 bis 24"),
            (refused_field("family_name", "too_long", max=120), "Höchstens 120 Zeichen"),
            (refused_field("plate", "plate_ambiguous", candidates=["L-IN 1", "LI-N 1"]), "L-IN 1, LI-N 1"),
            (refused_field("start", "start_in_past"), "frühestens ab heute"),
            (refused_field("start", "not_a_date"), "Gültig ab: Dieses Datum gibt es nicht"),
            (refused_field("truth", "declaration_missing"), "Bitte bestätigen Sie die Erklärung"),
            (refused_field("plate", "never_heard_of"), "Kennzeichen: Bitte prüfen Sie diese Angabe"),
        ],
    )
    async def test_fills_the_sentences(
        self, citizen: Visitor, town: Town, error: dict[str, object], words: str
    ) -> None:
        town.tell("POST", CHECK, (200, checked(error)))
        answer = await citizen.send(await citizen.get(FORM), FORM, {**ANSWERS, "action": "review"})
        assert words in errors_of(answer)[0]

    async def test_asks_only_with_answers_of_the_form(self, citizen: Visitor, town: Town) -> None:
        await reviewed(citizen, town)
        assert town.heard("POST", CHECK)[0].json == {"answers": ANSWERS}

    async def test_shows_answers_as_text_only(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", CHECK, (200, checked(refused_field("plate", "plate_impossible"))))
        nasty = {**ANSWERS, "plate": '"><script>alert(1)</script>', "action": "review"}
        answer = await citizen.send(await citizen.get(FORM), FORM, nasty)
        assert "<script>alert" not in answer.text

    async def test_says_when_the_service_has_changed_and_keeps_the_answers(
        self, citizen: Visitor, town: Town
    ) -> None:
        form = await citizen.get(FORM)
        town.tell("GET", f"/services/{SERVICE}", (200, service(version=3)))
        answer = await citizen.send(form, FORM, {**ANSWERS, "action": "review"})
        assert errors_of(answer) == [
            "Dieser Dienst wurde inzwischen geändert. Prüfen Sie Ihre Angaben bitte noch einmal."
        ]
        assert 'value="LIN-AB 123"' in answer.text
        assert hidden(answer)["service-version"] == "3"


class TestSending:
    async def test_goes_to_the_payment_when_a_fee_is_due(self, citizen: Visitor, town: Town) -> None:
        review = await reviewed(citizen, town)
        town.tell("POST", "/applications", (201, RECEIPT))
        answer = await citizen.http.post(SEND, data={**review, "action": "submit"})
        assert answer.headers["location"] == f"/vorgang/{CASE}/bezahlen"
        sent = town.heard("POST", "/applications")[0]
        assert sent.json == {
            "service": SERVICE,
            "service_version": 2,
            "answers": ANSWERS,
            "language": "de",
        }

    async def test_uses_one_key_for_a_second_click(self, citizen: Visitor, town: Town) -> None:
        review = await reviewed(citizen, town)
        town.tell("POST", "/applications", (201, RECEIPT))
        for _ in range(2):
            await citizen.http.post(SEND, data={**review, "action": "submit"})
        keys = [one.headers["idempotency-key"] for one in town.heard("POST", "/applications")]
        assert keys == [review["idempotency-key"]] * 2

    async def test_uses_another_key_for_another_review(self, citizen: Visitor, town: Town) -> None:
        first, second = await reviewed(citizen, town), await reviewed(citizen, town)
        assert first["idempotency-key"] != second["idempotency-key"]

    async def test_keeps_key_and_answers_while_applications_is_away(
        self, citizen: Visitor, town: Town
    ) -> None:
        review = await reviewed(citizen, town)
        town.tell("POST", "/applications", problem(503, "unavailable"))
        answer = await citizen.http.post(SEND, data={**review, "action": "submit"})
        assert answer.status_code == 503
        assert "Ihre Angaben sind noch da" in errors_of(answer)[0]
        assert hidden(answer)["idempotency-key"] == review["idempotency-key"]

    async def test_names_the_plate_that_has_a_permit(self, citizen: Visitor, town: Town) -> None:
        review = await reviewed(citizen, town)
        errors = [refused_field("plate", "permit_exists_for_plate")]
        town.tell("POST", "/applications", problem(409, "already_taken", errors=errors))
        answer = await citizen.http.post(SEND, data={**review, "action": "submit"})
        assert answer.status_code == 409
        assert "Für dieses Kennzeichen gibt es bereits" in errors_of(answer)[0]

    async def test_says_when_a_key_was_used_for_other_answers(self, citizen: Visitor, town: Town) -> None:
        review = await reviewed(citizen, town)
        town.tell("POST", "/applications", problem(422, "idempotency_key_reused"))
        answer = await citizen.http.post(SEND, data={**review, "action": "submit"})
        assert errors_of(answer) == ["Diesen Antrag haben Sie schon mit anderen Angaben abgesendet."]
        assert "idempotency-key" not in hidden(answer)

    async def test_leads_back_to_change_an_answer(self, citizen: Visitor, town: Town) -> None:
        review = await reviewed(citizen, town)
        answer = await citizen.http.post(SEND, data={**review, "action": "change"})
        assert 'value="LIN-AB 123"' in answer.text
        assert town.heard("POST", "/applications") == []

    async def test_does_without_a_draft_that_is_gone(self, citizen: Visitor, town: Town) -> None:
        review = await reviewed(citizen, town)

        def take(asked: Asked) -> Answer:
            return problem(404, "not_found") if "draft_id" in asked.json else (201, RECEIPT)

        town.tell("POST", "/applications", take)
        answer = await citizen.http.post(SEND, data={**review, "draft-id": DRAFT, "action": "submit"})
        assert answer.status_code == 303


def resumed(version: int, **answers: object) -> dict[str, object]:
    return {"draft_id": DRAFT, "service": SERVICE, "service_version": version, "answers": answers}


OUTDATED = "Dieser Dienst wurde inzwischen geändert. Prüfen Sie Ihre Angaben bitte noch einmal."


class TestDraftOfAnOlderVersion:
    """Answered at once as a form left open over the change is: no work is lost, and none is done in vain."""

    @pytest.fixture(autouse=True)
    def _older(self, town: Town) -> None:
        older = service(version=1)
        older["sections"][0]["fields"].pop(1)
        older["sections"][1]["fields"][2]["maximum"] = 12
        town.tell("GET", f"/services/{SERVICE}/versions/1", (200, older))

    @pytest.mark.parametrize(
        ("prefix", "marks"),
        [
            ("", ["Gültig ab: Diese Frage ist neu", "Dauer in Monaten: Diese Frage hat sich geändert"]),
            ("/en", ["Gültig ab: this question is new", "Dauer in Monaten: this question has changed"]),
        ],
    )
    async def test_marks_what_is_new_and_what_has_changed(
        self, citizen: Visitor, town: Town, prefix: str, marks: list[str]
    ) -> None:
        town.tell("GET", f"/services/{SERVICE}", (200, service()))
        town.tell("GET", f"/drafts/{DRAFT}", (200, resumed(1, plate="LIN-A 1")))
        page = await citizen.get(f"{prefix}{FORM}?entwurf={DRAFT}")
        told = errors_of(page)
        assert [sentence.partition(". ")[0] for sentence in told[1:]] == marks
        assert 'value="LIN-A 1"' in page.text
        assert hidden(page)["service-version"] == "2"
        assert (told[0] == OUTDATED) == (prefix == "")

    async def test_marks_the_same_in_a_form_left_open(self, citizen: Visitor) -> None:
        form = {**hidden(await citizen.get(FORM)), "service-version": "1", "plate": "LIN-A 1"}
        answer = await citizen.http.post(FORM, data={**form, "action": "review"})
        assert answer.status_code == 409
        assert [sentence.partition(":")[0] for sentence in errors_of(answer)] == [
            OUTDATED,
            "Gültig ab",
            "Dauer in Monaten",
        ]

    async def test_stays_one_of_that_version_when_saved_from_a_form_left_open(
        self, citizen: Visitor, town: Town
    ) -> None:
        town.tell("POST", "/drafts", (201, {}))
        form = {**hidden(await citizen.get(FORM)), "service-version": "1", "plate": "LIN-A 1"}
        await citizen.http.post(FORM, data={**form, "action": "draft"})
        assert town.heard("POST", "/drafts")[0].json["service_version"] == 1

    async def test_goes_without_marks_where_the_version_is_unknown(
        self, citizen: Visitor, town: Town
    ) -> None:
        town.tell("GET", f"/drafts/{DRAFT}", (200, resumed(7, plate="LIN-A 1")))
        assert errors_of(await citizen.get(f"{FORM}?entwurf={DRAFT}")) == [OUTDATED]


class TestDrafts:
    async def test_are_saved_and_announced(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", "/drafts", (201, {}))
        town.tell("GET", "/applications", (200, {"applications": []}))
        answer = await citizen.send(await citizen.get(FORM), FORM, {"plate": "LIN-A", "action": "draft"})
        assert answer.headers["location"] == "/vorgaenge"
        assert town.heard("POST", "/drafts")[0].json == {
            "service": SERVICE,
            "service_version": 2,
            "answers": {"plate": "LIN-A"},
        }
        assert "Ihr Entwurf ist gespeichert" in (await citizen.get("/vorgaenge")).text
        assert "Ihr Entwurf ist gespeichert" not in (await citizen.get("/vorgaenge")).text

    async def test_are_written_over_when_resumed(self, citizen: Visitor, town: Town) -> None:
        draft = resumed(2, plate="LIN-A 1", truth=True)
        town.tell("GET", f"/drafts/{DRAFT}", (200, draft))
        town.tell("PUT", f"/drafts/{DRAFT}", (200, draft))
        form = await citizen.get(f"{FORM}?entwurf={DRAFT}")
        assert 'value="LIN-A 1"' in form.text
        assert 'name="truth" value="true" checked' in form.text
        await citizen.send(form, FORM, {"plate": "LIN-A 2", "action": "draft"})
        assert town.heard("PUT", f"/drafts/{DRAFT}")[0].json == {
            "service_version": 2,
            "answers": {"plate": "LIN-A 2"},
        }

    async def test_of_others_are_not_there(self, citizen: Visitor) -> None:
        assert (await citizen.get(f"{FORM}?entwurf={DRAFT}")).status_code == 404
        assert (await citizen.get(f"{FORM}?entwurf=../applications")).status_code == 404

    async def test_can_be_thrown_away(self, citizen: Visitor, town: Town) -> None:
        saved = {
            "draft_id": DRAFT,
            "service": SERVICE,
            "changed_at": "2026-11-22T13:00:00+00:00",
            "kept_until": "2026-12-22T13:00:00+00:00",
        }
        town.tell("GET", "/applications", (200, {"applications": []}))
        town.tell("GET", "/drafts", (200, {"drafts": [saved]}))
        town.tell("DELETE", f"/drafts/{DRAFT}", (204, None))
        page = await citizen.get("/vorgaenge")
        path = f"/entwuerfe/{DRAFT}/verwerfen"
        assert path in page.text
        assert "wird bis zum 22.\u00a0Dezember\u00a02026 aufbewahrt" in page.text
        assert (await citizen.send(page, path)).headers["location"] == "/vorgaenge"
        assert len(town.heard("DELETE", f"/drafts/{DRAFT}")) == 1
