"""The warden's script and documents agree about every byte of a permit that was printed."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from gateway.assets.serving import Assets
from services.documents.tokens import ForgedToken, PublicKeys, TokenError, read_permit_token
from services.documents.tokens.status import entry_of

pytestmark = pytest.mark.browser
FILE = Path(__file__).parents[2] / "services" / "documents" / "vectors" / "permit_tokens.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
PRINTED = VECTORS["permits"][0]
LISTED = next(one for one in VECTORS["status_lists"] if one.get("version") == 2)
LIST_READ = """async ({script, hex, jwks}) => {
    const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
    const {issued, until, ...sets} = await (await import(script)).readStatusList(bytes, jwks);
    const listed = Object.entries(sets).map(([name, set]) => [name, [...set]]);
    return {issued, until, ...Object.fromEntries(listed)};
}"""
JUDGED = """async ({script, texts, hex, jwks, now}) => {
    const permit = await import(script);
    const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
    const list = hex ? await permit.readStatusList(bytes(hex), jwks) : null;
    return Promise.all(texts.map((text) => permit.judge(text, jwks, list, now)));
}"""


def at(day: str, clock: str = "12:00") -> int:
    return int(datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=UTC).timestamp())


def text_of(token: bytes) -> str:
    return base64.b32encode(token).decode().rstrip("=")


class Script:
    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    async def judge(self, *texts: str, now: int, listed: str = LISTED["hex"]) -> list[dict[str, Any]]:
        given = {"script": self.address, "texts": list(texts), "hex": listed, "now": now}
        said: list[dict[str, Any]] = await self.page.evaluate(JUDGED, {**given, "jwks": VECTORS["keys"]})
        return said

    async def read_list(self, hex: str) -> dict[str, Any]:
        given = {"script": self.address, "hex": hex, "jwks": VECTORS["keys"]}
        said: dict[str, Any] = await self.page.evaluate(LIST_READ, given)
        return said


@asynccontextmanager
async def script_in(browser: Browser, preview: str, assets: Assets, **place: str) -> AsyncIterator[Script]:
    context = await browser.new_context(**place)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{preview}/imprint")
    yield Script(page, assets.url("permit.js"))
    await context.close()


@pytest.fixture(scope="module")
async def script(browser: Browser, preview: str, assets: Assets) -> AsyncIterator[Script]:
    """It keeps nothing from one call to the next."""
    async with script_in(browser, preview, assets, locale="de-DE") as script:
        yield script


@pytest.fixture(scope="module", params=["America/Los_Angeles", "Asia/Tokyo"])
async def script_abroad(
    request: pytest.FixtureRequest, browser: Browser, preview: str, assets: Assets
) -> AsyncIterator[Script]:
    async with script_in(browser, preview, assets, timezone_id=request.param) as script:
        yield script


class TestPrintedPermit:
    @pytest.mark.parametrize("vector", VECTORS["permits"], ids=lambda v: v["claims"]["number"])
    async def test_says_what_was_printed(self, script: Script, vector: dict[str, Any]) -> None:
        claims = vector["claims"]
        for text in (vector["url"], text_of(bytes.fromhex(vector["hex"]))):
            [said] = await script.judge(text, now=at(claims["valid_until"]), listed="")
            assert said == {
                "verdict": "unchecked",
                "number": claims["number"],
                "plate": claims["plate"],
                "zone": claims["zone"],
                "until": at(claims["valid_until"], "00:00"),
            }

    @pytest.mark.parametrize("vector", VECTORS["refused_permits"], ids=lambda v: v["why"])
    async def test_is_refused_for_the_same_reason(self, script: Script, vector: dict[str, Any]) -> None:
        [said] = await script.judge(text_of(bytes.fromhex(vector["hex"])), now=at("2026-12-05"))
        assert said == {"verdict": "forged" if vector["error"] == "forged" else "unknown"}

    async def test_is_refused_as_by_documents_whichever_byte_was_changed(self, script: Script) -> None:
        keys, token = PublicKeys.from_jwks(VECTORS["keys"]), bytes.fromhex(PRINTED["hex"])
        changed = [
            token[:place] + bytes([token[place] ^ change]) + token[place + 1 :]
            for place in range(len(token))
            for change in (0x01, 0x20, 0x80)
        ]
        expected = [verdict_of_documents(one, keys) for one in changed]
        said = await script.judge(*map(text_of, changed), now=at("2026-12-05"))
        assert [one["verdict"] for one in said] == expected
        assert set(expected) == {"forged", "unknown"}

    async def test_is_refused_as_by_documents_wherever_it_ends(self, script: Script) -> None:
        token = bytes.fromhex(PRINTED["hex"])
        texts = [text_of(token[:length]) for length in range(1, len(token))]
        texts += [text_of(token)[:-1], text_of(token) + "A", text_of(token) + "AA"]
        said = await script.judge(*texts, now=at("2026-12-05"))
        assert {one["verdict"] for one in said} == {"unknown"}

    @pytest.mark.parametrize(
        ("day", "clock", "verdict"),
        [
            ("2026-11-30", "22:59", "not_yet"),
            ("2026-11-30", "23:00", "unchecked"),
            ("2027-11-30", "22:59", "unchecked"),
            ("2027-11-30", "23:00", "expired"),
        ],
    )
    async def test_holds_by_the_day_in_town(
        self, script_abroad: Script, day: str, clock: str, verdict: str
    ) -> None:
        [said] = await script_abroad.judge(PRINTED["url"], now=at(day, clock))
        assert said["verdict"] == verdict


def verdict_of_documents(token: bytes, keys: PublicKeys) -> str:
    try:
        read_permit_token(token, keys)
    except ForgedToken:
        return "forged"
    except TokenError:
        return "unknown"
    return "valid"


class TestStatusList:
    async def test_is_read_as_it_was_signed(self, script: Script) -> None:
        assert await script.read_list(LISTED["hex"]) == {
            "issued": int(datetime.fromisoformat(LISTED["issued_at"]).timestamp()),
            "until": int(datetime.fromisoformat(LISTED["valid_until"]).timestamp()),
            "revoked": sorted(entry_of(number).hex() for number in LISTED["revoked"]),
            "superseded": sorted(entry_of(number).hex() for number in LISTED["superseded"]),
            "suspended": sorted(entry_of(number).hex() for number in LISTED["suspended"]),
        }

    @pytest.mark.parametrize(
        ("day", "clock", "fresh"),
        [
            ("2026-11-22", "17:54", False),  # six minutes before it was issued: a wrong clock
            ("2026-11-22", "17:56", True),
            ("2026-11-23", "18:00", True),
            ("2026-11-23", "18:01", False),
        ],
    )
    async def test_counts_in_its_time_alone(self, script: Script, day: str, clock: str, fresh: bool) -> None:
        said = await script.page.evaluate(
            "async ([script, list, now]) => (await import(script)).isFresh(list, now)",
            [script.address, await script.read_list(LISTED["hex"]), at(day, clock)],
        )
        assert said is fresh

    async def test_is_no_permit(self, script: Script) -> None:
        [said] = await script.judge(text_of(bytes.fromhex(LISTED["hex"])), now=at("2026-12-05"))
        assert said == {"verdict": "forged"}
