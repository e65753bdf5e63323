"""Checking a permit: the public page, and the warden's page without a network."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser
from starlette.responses import JSONResponse, Response

from tests.gateway.api.standin import Services, browsing, post_form, problem

TOKEN = "2KCETIQBE4CEIVSHLKT2AWBI"
FILE = Path(__file__).parents[2] / "services" / "documents" / "vectors" / "permit_tokens.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
LISTED = next(one for one in VECTORS["status_lists"] if one.get("version") == 2)
PERMIT = {
    "status": "valid", "kind": "resident_parking_permit", "number": "BPA-26-004711", "zone": "07",
    "plate": "LIN-AB 123", "valid_from": "2026-12-01", "valid_until": "2027-11-30",
}  # fmt: skip


def says(services: Services, **verdict: Any) -> None:
    services.says[f"GET documents /verification/{TOKEN}"] = {**PERMIT, **verdict}


class TestVerdict:
    @pytest.mark.parametrize(
        ("status", "german", "english"),
        [
            ("valid", "Gültig", "Valid"),
            ("not_yet_valid", "Noch nicht gültig", "Not valid yet"),
            ("expired", "Abgelaufen", "Expired"),
            ("superseded", "Ersetzt", "Replaced"),
            ("revoked", "Widerrufen", "Revoked"),
            ("forged", "Gefälscht", "Forged"),
            ("unknown", "Unbekannt", "Unknown"),
        ],
    )
    async def test_is_the_first_thing_one_reads(
        self, visitor: httpx.AsyncClient, services: Services, status: str, german: str, english: str
    ) -> None:
        says(services, status=status)
        for path, word in ((f"/p/{TOKEN}", german), (f"/P/{TOKEN}", german), (f"/en/p/{TOKEN}", english)):
            page = await visitor.get(path)
            assert page.status_code == 200
            assert f"<h1>{word}</h1>" in page.text
            assert ("LIN-AB 123" in page.text) is (status not in {"forged", "unknown"})

    async def test_never_comes_from_a_cache(self, visitor: httpx.AsyncClient, services: Services) -> None:
        says(services)
        assert (await visitor.get(f"/p/{TOKEN}")).headers["cache-control"] == "no-store"

    async def test_waits_while_documents_is_away(
        self, visitor: httpx.AsyncClient, services: Services
    ) -> None:
        services.says[f"GET documents /verification/{TOKEN}"] = problem(503, "unavailable")
        assert (await visitor.get(f"/p/{TOKEN}")).status_code == 503


class TestForm:
    @pytest.mark.parametrize(
        "code",
        [
            f"HTTPS://PORTAL.LINDENAU.EXAMPLE/P/{TOKEN}",
            f" https://portal.lindenau.example/p/{TOKEN.lower()}/ ",
            f"/P/{TOKEN}",
            f"{TOKEN[:9]} \r\n {TOKEN[9:]}",
        ],
    )
    async def test_takes_address_path_and_bare_code(self, visitor: httpx.AsyncClient, code: str) -> None:
        answer = await post_form(visitor, "/pruefen", "/pruefen", code=code)
        assert (answer.status_code, answer.headers["location"].upper()) == (303, f"/P/{TOKEN}")

    async def test_asks_for_a_code(self, visitor: httpx.AsyncClient) -> None:
        answer = await post_form(visitor, "/pruefen", "/pruefen", code="  ")
        assert answer.status_code == 422
        assert "Fügen Sie bitte den Inhalt des QR-Codes ein." in answer.text

    @pytest.mark.parametrize("code", ["https://evil.example/x", "//evil.example/p/AAAA", "018", "hällo"])
    async def test_knows_what_is_no_code(
        self, visitor: httpx.AsyncClient, services: Services, code: str
    ) -> None:
        answer = await post_form(visitor, "/pruefen", "/pruefen", code=code)
        assert "<h1>Unbekannt</h1>" in answer.text
        assert services.calls == []


class TestWarden:
    async def test_may_film_on_this_page_alone(self, gateway: str, services: Services) -> None:
        services.sign_in("warden", "warden")
        async with browsing(gateway, "warden") as client:
            for path, camera in (
                ("/aufsicht", "camera=(self)"),
                ("/en/aufsicht", "camera=(self)"),
                ("/pruefen", "camera=()"),
            ):
                assert (await client.get(path)).headers["permissions-policy"].startswith(camera)

    @pytest.mark.parametrize("prefix", ["", "/en"])
    async def test_has_a_worker_for_the_page_above_it(self, visitor: httpx.AsyncClient, prefix: str) -> None:
        answer = await visitor.get(f"{prefix}/aufsicht/offline.js")
        assert answer.headers["service-worker-allowed"] == f"{prefix}/aufsicht"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize("version", ["", "/2"])
    async def test_gets_list_and_keys_as_documents_gives_them(
        self, visitor: httpx.AsyncClient, services: Services, version: str
    ) -> None:
        signed = bytes.fromhex(LISTED["hex"])
        kept = {"Cache-Control": "public, max-age=30"}
        services.says[f"GET documents /status-list{version}"] = Response(
            signed, media_type="application/cose", headers=kept
        )
        answer = await visitor.get(f"/aufsicht/statusliste{version}")
        assert (answer.content, answer.headers["cache-control"]) == (signed, "public, max-age=30")

    @pytest.mark.browser
    @pytest.mark.parametrize("path", ["/aufsicht", "/en/aufsicht"])
    async def test_checks_without_a_network(
        self, gateway: str, services: Services, browser: Browser, path: str
    ) -> None:
        services.sign_in("warden", "warden")
        signed = bytes.fromhex(LISTED["hex"])
        services.says["GET documents /status-list/2"] = Response(signed, media_type="application/cose")
        services.says["GET documents /verification-keys"] = JSONResponse(VECTORS["keys"])
        context = await browser.new_context()
        await context.add_cookies([{"name": "session", "value": "warden", "url": gateway}])
        page = await context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        await page.goto(gateway + path)
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await page.reload()
        await context.set_offline(True)
        await page.reload()
        await page.locator("[data-list-age]", has_text="2026").wait_for()
        token = base64.b32encode(bytes.fromhex(VECTORS["permits"][0]["hex"])).decode().rstrip("=")
        said = await page.evaluate(
            """async (token) => {
                const src = document.querySelector('script[type=module]').src;
                const scanner = await (await fetch(src)).text();
                const permit = await import(new URL(/"(\\.\\/permit[^"]+)"/.exec(scanner)[1], src));
                const root = document.querySelector('[data-scanner]').dataset;
                const keys = await (await fetch(root.keys)).json();
                const list = await permit.readStatusList(
                    new Uint8Array(await (await fetch(root.statusList)).arrayBuffer()), keys);
                return permit.judge(token, keys, list, list.issued + 9 * 86400);
            }""",
            token,
        )
        await context.close()
        assert (said["plate"], said["verdict"]) == ("LIN-AB 123", "unchecked")
        assert faults == []


class TestLegalPages:
    @pytest.mark.parametrize(
        ("path", "title"),
        [
            ("/impressum", "Impressum"),
            ("/en/datenschutz", "Privacy"),
            ("/barrierefreiheit", "Erklärung zur Barrierefreiheit"),
        ],
    )
    async def test_are_there_for_everybody(self, visitor: httpx.AsyncClient, path: str, title: str) -> None:
        page = await visitor.get(path)
        assert (page.status_code, title in page.text) == (200, True)
