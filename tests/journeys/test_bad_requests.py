"""Requests that are no requests of ours: too large, no JSON, without the proof that the form was ours."""

import pytest

from deploy.local.demo.browser import Browser, PageRefused
from tests.journeys.books import Books
from tests.journeys.people import Program, Resident, home, newcomer, refusal
from tests.journeys.stage import Stage

pytestmark = pytest.mark.integration
LARGEST = 128 * 1024


@pytest.fixture(scope="module")
async def stranger(stage: Stage) -> Resident:
    """Signed in."""
    return await newcomer(stage).arrive()


class TestABody:
    async def test_too_large_is_refused(self, stranger: Resident, books: Books) -> None:
        program = Program(stranger.browser)
        async with books.untouched():
            given = {"service": "bewohnerparkausweis", "answers": {"remark": "x" * LARGEST}}
            answer = await program.call("POST", "/drafts", json=given)
            assert answer.status_code == 413
            assert answer.json()["type"] == "urn:portal:problem:too_large"
            with pytest.raises(PageRefused) as caught:
                await stranger.fill_in(remark="x" * LARGEST)
        assert refusal(caught.value).status == 413
        assert "Das ist zu viel auf einmal" in refusal(caught.value).said

    @pytest.mark.parametrize("body", [b'{"service": ', b"", b"\xff\xfe", b"[" * 20_000, b"NaN"])
    async def test_that_is_no_json_is_refused(self, stranger: Resident, books: Books, body: bytes) -> None:
        program = Program(stranger.browser)
        headers = {"Content-Type": "application/json"}
        async with books.untouched():
            answer = await program.call("POST", "/drafts", headers=headers, content=body)
        assert answer.status_code in {400, 422}, answer.text
        assert answer.json()["type"] in {"urn:portal:problem:broken_json", "urn:portal:problem:invalid"}

    async def test_cut_off_is_broken_json(self, stranger: Resident) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await Program(stranger.browser).call(
            "POST", "/applications", headers=headers, content=b'{"service":', key="x"
        )
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:portal:problem:broken_json")


class TestAFormThatIsNotOurs:
    async def test_is_refused_on_every_page(self, stranger: Resident, books: Books) -> None:
        page = await stranger.browser.get("/konto")
        form = page.form(with_field="family_name")
        async with books.untouched():
            for token in ("", "x" * 43):
                with pytest.raises(PageRefused) as caught:
                    await stranger.browser.send(page, form, csrf=token, family_name="Fremd")
                assert refusal(caught.value).status == 403
                assert "Bitte noch einmal absenden" in refusal(caught.value).said
        assert (await Program(stranger.browser).call("GET", "/profile")).json()["profile"][
            "family_name"
        ] != "Fremd"

    async def test_is_refused_by_the_api(self, stranger: Resident, stage: Stage, books: Books) -> None:
        foreign = Program(Browser(stage.addresses.portal, home()))
        await foreign.call("GET", "/session")
        await foreign.browser.aclose()
        async with books.untouched():
            for token in ("", "x" * 43, foreign.token):
                answer = await Program(stranger.browser, token or "-").call(
                    "POST", "/drafts", json={"service": "bewohnerparkausweis", "answers": {}}
                )
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:csrf")

    async def test_of_another_site_is_refused_even_with_a_token(self, stranger: Resident) -> None:
        program = Program(stranger.browser)
        answer = await program.call("POST", "/drafts", json={}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:portal:problem:csrf")
