"""Signing up, in and out, and the profile."""

import html
import re

import pytest

from gateway.pages.accounts import local_path
from tests.gateway.pages.conftest import CASE_PATH, Visitor, errors_of, hidden
from tests.gateway.pages.samples import CASE, ME, case
from tests.gateway.pages.town import Town, problem, refused_field

BEGUN = {"session": "fresh", "account_id": ME["account_id"], "roles": ["citizen"], "language": "de"}
KNOWN = {"email": "kim@example.org", "password": "Fünf grüne Kraniche!"}


class TestSigningIn:
    async def test_sets_the_session_and_goes_where_one_wanted(self, visitor: Visitor, town: Town) -> None:
        town.tell("POST", "/sessions", (201, BEGUN))
        login = await visitor.get("/anmelden?weiter=%2Fkonto")
        answer = await visitor.send(login, "/anmelden", KNOWN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/konto")
        assert visitor.http.cookies["session"] == "fresh"
        assert "httponly" in answer.headers["set-cookie"].lower()

    async def test_says_the_same_for_every_wrong_pair(self, visitor: Visitor, town: Town) -> None:
        town.tell("POST", "/sessions", problem(401, "wrong_credentials"))
        login = await visitor.get("/en/anmelden")
        answer = await visitor.send(login, "/en/anmelden", KNOWN)
        assert answer.status_code == 401
        assert errors_of(answer) == ["E-mail address and password do not match. Please check both."]

    async def test_never_leaves_the_portal(self, visitor: Visitor, town: Town) -> None:
        town.tell("POST", "/sessions", (201, BEGUN))
        login = await visitor.get("/anmelden?weiter=https%3A%2F%2Fevil.example%2F")
        assert "evil" not in login.text
        answer = await visitor.send(login, "/anmelden", {**KNOWN, "next": "//evil.example/konto"})
        assert answer.headers["location"] == "/"

    @pytest.mark.parametrize(
        "wanted",
        [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/en//evil.example",
            "/a\nb",
            "/\t/evil.example",
            "",
            "konto",
            "/" + "a" * 600,
        ],
    )
    def test_takes_only_addresses_of_its_own(self, wanted: str) -> None:
        assert local_path(wanted) == "/"

    def test_drops_the_language_that_redirects_put_back(self) -> None:
        assert local_path("/en/vorgang/1?a=b") == "/vorgang/1?a=b"


class TestWhoIsNotSignedIn:
    async def test_is_asked_to_and_comes_back(self, visitor: Visitor) -> None:
        answer = await visitor.get("/en/vorgaenge?x=1")
        assert answer.headers["location"] == "/en/anmelden?weiter=%2Fvorgaenge%3Fx%3D1"

    async def test_includes_whose_session_is_over(self, citizen: Visitor, town: Town) -> None:
        town.over.add("session-of-kim")
        answer = await citizen.get("/konto")
        assert answer.headers["location"] == "/anmelden?weiter=%2Fkonto"
        assert "session" not in citizen.http.cookies
        assert "Bitte melden Sie sich zuerst an" in (await citizen.get(answer.headers["location"])).text

    async def test_still_gets_the_start_page_while_identity_is_away(
        self, citizen: Visitor, town: Town
    ) -> None:
        town.tell("GET", "/accounts/me", problem(503, "unavailable"))
        assert (await citizen.get("/")).status_code == 200
        assert (await citizen.get("/konto")).status_code == 503


class TestRegistering:
    async def test_says_what_is_wrong_with_a_password(self, visitor: Visitor, town: Town) -> None:
        errors = [refused_field("password", "password_weak", min_length=12)]
        town.tell("POST", "/registrations", problem(422, "invalid", errors=errors))
        form = await visitor.get("/registrieren")
        answer = await visitor.send(form, "/registrieren", {"email": "kim@example.org", "password": "kurz"})
        assert answer.status_code == 422
        assert "mindestens 12 Zeichen" in errors_of(answer)[0]
        assert 'value="kim@example.org"' in answer.text
        assert "kurz" not in answer.text.replace("zu kurz", "")

    async def test_needs_the_form_of_the_portal(self, visitor: Visitor, town: Town) -> None:
        answer = await visitor.http.post("/registrieren", data=KNOWN)
        assert answer.status_code == 403
        assert "Bitte noch einmal absenden" in answer.text
        assert town.asked == []

    async def test_asks_for_the_password_before_a_link_is_used(self, visitor: Visitor, town: Town) -> None:
        town.tell("POST", "/confirmations", (200, {"account_id": ME["account_id"]}))
        page = await visitor.get("/bestaetigen/abc")
        assert town.asked == []
        done = await visitor.send(page, "/bestaetigen/abc", {"password": "mine"})
        assert "Ihr Konto ist bereit" in done.text
        assert town.heard("POST", "/confirmations")[0].json == {"token": "abc", "password": "mine"}

    async def test_asks_again_for_a_password_that_is_not_that_of_the_link(
        self, visitor: Visitor, town: Town
    ) -> None:
        town.tell("POST", "/confirmations", problem(403, "wrong_password"))
        page = await visitor.get("/bestaetigen/abc")
        answer = await visitor.send(page, "/bestaetigen/abc", {"password": "another"})
        assert answer.status_code == 403
        assert "nicht das Passwort, das bei dieser Registrierung" in answer.text
        assert 'action="/bestaetigen/abc"' in answer.text

    @pytest.mark.parametrize(
        ("status", "slug", "words"),
        [(410, "link_expired", "abgelaufen"), (409, "link_used", "benutzt"), (404, "link_unknown", "kennen")],
    )
    async def test_tells_what_became_of_a_link(
        self, visitor: Visitor, town: Town, status: int, slug: str, words: str
    ) -> None:
        town.tell("POST", "/confirmations", problem(status, slug))
        answer = await visitor.send(await visitor.get("/bestaetigen/abc"), "/bestaetigen/abc")
        assert (answer.status_code, words in answer.text) == (status, True)


class TestProfile:
    async def test_is_saved_under_the_version_it_was_drawn_from(self, citizen: Visitor, town: Town) -> None:
        town.tell("PUT", "/accounts/me/profile", (200, ME))
        page = await citizen.get("/konto")
        assert hidden(page)["version"] == "3"
        answer = await citizen.send(page, "/konto", {"given_names": " Kim ", "family_name": "Muster"})
        assert answer.headers["location"] == "/konto"
        sent = town.heard("PUT", "/accounts/me/profile")[0]
        assert (sent.headers["if-match"], sent.json["given_names"], sent.json["language"]) == (
            '"3"',
            "Kim",
            "de",
        )

    async def test_keeps_what_was_typed_when_somebody_was_faster(self, citizen: Visitor, town: Town) -> None:
        town.tell("PUT", "/accounts/me/profile", problem(409, "changed_meanwhile"))
        page = await citizen.get("/konto")
        answer = await citizen.send(page, "/konto", {"given_names": "Kimberly"})
        assert answer.status_code == 409
        assert "Inzwischen hat sich etwas geändert" in errors_of(answer)[0]
        assert 'value="Kimberly"' in answer.text


class TestWhoReadMyData:
    async def test_says_who_what_why_and_when(self, citizen: Visitor, town: Town) -> None:
        read = {"at": "2026-11-22T10:00:00Z", "reader": "clerk", "purpose": "case-work", "case_id": CASE}
        own = {"at": "2026-11-22T09:30:00Z", "reader": "documents", "purpose": "render-document"}
        town.tell("GET", "/accounts/me/accesses", (200, [own]))
        town.tell("GET", "/accesses", (200, {"accesses": [{**read, "case_number": "BPA-2026-000001"}]}))
        page = await citizen.get("/en/konto")
        listed = page.text.partition('class="accesses"')[2].partition("</ul>")[0]
        entries = re.findall(r"<li>.*?</li>", listed, re.S)
        clerk, _, documents = (html.unescape(re.sub(r"<[^>]+>", " ", one)) for one in entries)
        for words in ("Clerk at the office", "Your application", "BPA-2026-000001", "to work on your"):
            assert words in clerk
        assert f'href="/en{CASE_PATH}"' in entries[0]
        assert "Document production" in documents
        assert "Your account details" in documents

    async def test_says_what_is_missing_while_a_service_is_away(self, citizen: Visitor, town: Town) -> None:
        town.tell("GET", "/accesses", problem(503, "unavailable"))
        page = await citizen.get("/konto")
        assert page.status_code == 200
        assert "Wer Ihre Anträge gelesen hat, fehlt gerade in dieser Liste." in page.text
        assert "Wer Ihre Dokumente geöffnet hat, fehlt gerade in dieser Liste." in page.text
        assert "Bisher niemand." not in page.text


class TestDeletingTheAccount:
    @pytest.fixture(autouse=True)
    def no_cases(self, town: Town) -> None:
        town.tell("GET", "/applications", (200, {"applications": []}))

    async def test_says_first_what_goes_and_what_stays(self, citizen: Visitor, town: Town) -> None:
        open_case = {**case("in_review"), "settled": True}
        town.tell("GET", "/applications", (200, {"applications": [open_case, case("completed")]}))
        assert 'href="/konto/loeschen"' in (await citizen.get("/konto")).text
        for prefix, words in (
            ("", ("Bewohnerparkausweis beantragen", "ohne Ihren Namen", "sind dann zurückgezogen")),
            ("/en", ("without your name", "are then withdrawn", "printed permit holds")),
        ):
            page = await citizen.get(f"{prefix}/konto/loeschen")
            assert page.status_code == 200
            assert page.text.count(f'href="{prefix}{CASE_PATH}"') == 1
            for one in words:
                assert one in page.text

    async def test_ends_the_visit(self, citizen: Visitor, town: Town) -> None:
        town.tell("POST", "/accounts/me/erasure", (202, {"status": "erasing"}))
        page = await citizen.get("/konto/loeschen")
        answer = await citizen.send(page, "/konto/loeschen", {"password": KNOWN["password"]})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "session" not in citizen.http.cookies
        assert "Ihr Konto ist gelöscht." in (await citizen.get("/")).text
        assert town.heard("POST", "/accounts/me/erasure")[0].json == {"password": KNOWN["password"]}

    @pytest.mark.parametrize(
        ("status", "slug", "words"),
        [
            (403, "wrong_password", "Das Passwort stimmt nicht."),
            (409, "erasure_hindered", "weil vorher etwas zu Ende gehen muss"),
            (409, "holds_office", "gehört zu einer Aufgabe im Rathaus"),
            (429, "too_many_attempts", "zu viele Versuche"),
        ],
    )
    async def test_says_why_not(
        self, citizen: Visitor, town: Town, status: int, slug: str, words: str
    ) -> None:
        hindrance = {"case_id": CASE, "case_number": "HST-2026-000001", "reason": "fee_open"}
        told = {"hindrances": [hindrance]} if slug == "erasure_hindered" else {}
        town.tell("POST", "/accounts/me/erasure", problem(status, slug, **told))
        page = await citizen.get("/konto/loeschen")
        answer = await citizen.send(page, "/konto/loeschen", {"password": "x"})
        assert answer.status_code == status
        assert words in errors_of(answer)[0]
        assert ("festgesetzt und noch nicht bezahlt" in answer.text) is bool(told)
        assert "session" in citizen.http.cookies

    async def test_is_for_who_is_signed_in(self, visitor: Visitor) -> None:
        answer = await visitor.get("/konto/loeschen")
        assert answer.headers["location"].startswith("/anmelden?weiter=")


class TestSigningOut:
    async def test_ends_the_session_at_identity_and_here(self, citizen: Visitor, town: Town) -> None:
        town.tell("DELETE", "/sessions", (204, None))
        answer = await citizen.send(await citizen.get("/"), "/abmelden")
        assert answer.headers["location"] == "/"
        assert town.heard("DELETE", "/sessions")[0].json == {"session": "session-of-kim"}
        assert "session" not in citizen.http.cookies
