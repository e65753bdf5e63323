import time
from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from deploy.local.sandbox.register.app import create_app
from deploy.local.sandbox.register.rules import LATE_SECONDS, Reply, answer
from tests.serving import serving

PERSON = {
    "family_name": "Beispiel",
    "given_names": "Erika Maria",
    "birth_date": "1986-04-12",
    "street": "Lindenallee",
    "house_number": "12a",
    "postal_code": "01234",
}
TODAY = date(2026, 6, 1)


@pytest.fixture
def register() -> Iterator[httpx.Client]:
    with serving(create_app(lambda: TODAY)) as url, httpx.Client(base_url=url, trust_env=False) as http:
        yield http


def asked(register: httpx.Client, **changes: str) -> tuple[int, dict[str, str]]:
    reply = register.post("/enquiries", json=PERSON | changes)
    return reply.status_code, reply.json()


class TestARule:
    @pytest.mark.parametrize("name", ["Beispiel", "von der Aue", "Łukasz", "Unbekanntmann", "Öztürk-Meyer"])
    def test_matches_any_demo_citizen(self, name: str) -> None:
        assert answer(PERSON | {"family_name": name}, TODAY) == Reply(True)

    @pytest.mark.parametrize("name", ["Unbekannt", "mismatch", "Unbekannt Zwei"])
    def test_knows_who_is_not_registered(self, name: str) -> None:
        assert answer(PERSON | {"family_name": name}, TODAY) == Reply(False)

    @pytest.mark.parametrize(
        "change",
        [
            {"birth_date": "2026-06-02"},
            {"birth_date": "1899-12-31"},
            {"birth_date": "12.04.1986"},
            {"given_names": " "},
            {"family_name": ""},
            {"street": ""},
            {"house_number": "a"},
            {"postal_code": "99999"},
        ],
    )
    def test_finds_nobody_for_an_implausible_description(self, change: dict[str, str]) -> None:
        assert answer(PERSON | change, TODAY) == Reply(False)

    @pytest.mark.parametrize("number", ["1", "12a", "12 b", "3-5", "7/2"])
    def test_reads_the_usual_house_numbers(self, number: str) -> None:
        assert answer(PERSON | {"house_number": number}, TODAY).matches

    def test_is_late_for_langsam_and_silent_for_ausfall(self) -> None:
        assert answer(PERSON | {"family_name": "Langsam"}, TODAY) == Reply(True, LATE_SECONDS)
        assert answer(PERSON | {"family_name": "Ausfall"}, TODAY) == Reply(None)


class TestAnEnquiry:
    def test_is_answered_with_match_alone(self, register: httpx.Client) -> None:
        assert asked(register) == (200, {"answer": "match"})

    @pytest.mark.parametrize("change", [{"family_name": "Unbekannt"}, {"postal_code": "1"}, {"street": ""}])
    def test_never_says_what_did_not_agree(self, register: httpx.Client, change: dict[str, str]) -> None:
        assert asked(register, **change) == (200, {"answer": "mismatch"})

    def test_finds_the_register_down(self, register: httpx.Client) -> None:
        assert asked(register, family_name="Ausfall")[0] == 503

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"family_name": 1}'])
    def test_that_cannot_be_read_is_400(self, register: httpx.Client, body: bytes) -> None:
        assert register.post("/enquiries", content=body).status_code == 400


class TestAFault:
    def test_meets_so_many_enquiries_and_ends(self, register: httpx.Client) -> None:
        register.post("/sandbox/faults", json={"mode": "down", "count": 2})
        assert [asked(register)[0] for _ in range(3)] == [503, 503, 200]

    def test_without_a_count_lasts_until_ok(self, register: httpx.Client) -> None:
        register.post("/sandbox/faults", json={"mode": "mismatch"})
        assert [asked(register)[1]["answer"] for _ in range(3)] == ["mismatch"] * 3
        register.post("/sandbox/faults", json={"mode": "ok"})
        assert asked(register)[1] == {"answer": "match"}

    def test_can_make_the_answer_late(self, register: httpx.Client) -> None:
        register.post("/sandbox/faults", json={"mode": "late", "count": 1, "seconds": 0.3})
        begun = time.monotonic()
        assert asked(register) == (200, {"answer": "match"})
        assert time.monotonic() - begun >= 0.3

    @pytest.mark.parametrize(
        "data", [{}, {"mode": "odd"}, {"mode": "down", "count": 0}, {"mode": "late", "seconds": "x"}]
    )
    def test_that_is_unknown_is_refused(self, register: httpx.Client, data: dict[str, object]) -> None:
        assert register.post("/sandbox/faults", json=data).status_code == 400
        assert asked(register)[0] == 200
