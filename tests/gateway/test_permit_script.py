"""The warden's script in a real browser against tokens and lists that documents made."""

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import Page

from gateway.assets.serving import Assets
from services.documents.tokens import (
    PermitClaims,
    PublicKeys,
    SigningKey,
    issue_permit_token,
    sign_status_list,
    token_url,
)

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OURS, THEIRS = (SigningKey(Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in (1, 2))
JUDGE = """async ({script, text, jwks, list, now}) => {
    const permit = await import(script);
    const bytes = (packed) => Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const known = list === null ? null : await permit.readStatusList(bytes(list), jwks);
    return permit.judge(text, jwks, known, now);
}"""


def claims(number: str = "BPA-26-000001", first: int = -10, last: int = 10) -> PermitClaims:
    today = NOW.date()
    return PermitClaims(number, "LIN-ÄÖ 12", "A", today + timedelta(first), today + timedelta(last))


def status_list(key: SigningKey = OURS, hours: int = 24, version: int = 2) -> bytes:
    return sign_status_list(
        ["BPA-26-000009"],
        ["BPA-26-000008"],
        ["BPA-26-000007", "BPA-26-000009"],
        issued_at=NOW,
        valid_until=NOW + timedelta(hours=hours),
        key=key,
        version=version,
    )


@pytest.fixture
async def judged(page: Page, preview: str, assets: Assets) -> Any:
    await page.goto(f"{preview}/imprint")

    async def judge(text: str, listed: bytes | None = status_list()) -> dict[str, Any]:
        given = {
            "script": assets.url("permit.js"),
            "text": text,
            "jwks": PublicKeys([OURS.public]).to_jwks(),
            "list": base64.b64encode(listed).decode() if listed is not None else None,
            "now": int(NOW.timestamp()),
        }
        said: dict[str, Any] = await page.evaluate(JUDGE, given)
        return said

    return judge


def scanned(permit: PermitClaims, key: SigningKey = OURS) -> str:
    return token_url(issue_permit_token(permit, key), "https://lindenau.example")


class TestVerdict:
    async def test_is_valid_with_what_the_permit_says(self, judged: Any) -> None:
        said = await judged(scanned(claims()))
        last = int(datetime.combine(date(2026, 12, 2), datetime.min.time(), UTC).timestamp())
        assert said == {
            "verdict": "valid", "number": "BPA-26-000001", "plate": "LIN-ÄÖ 12", "zone": "A", "until": last,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("permit", "verdict"),
        [
            (claims(last=-1), "expired"),
            (claims(last=0), "valid"),
            (claims(first=1), "not_yet"),
            (claims("BPA-26-000007"), "suspended"),
            (claims("BPA-26-000008"), "superseded"),
            (claims("BPA-26-000009"), "revoked"),
            (claims("BPA-26-000009", last=-1), "revoked"),
        ],
    )
    async def test_follows_dates_and_list(self, judged: Any, permit: PermitClaims, verdict: str) -> None:
        assert (await judged(scanned(permit)))["verdict"] == verdict

    async def test_takes_address_path_and_bare_token_in_any_case(self, judged: Any) -> None:
        text = scanned(claims())
        for form in (text.lower(), text[text.index("/P/") :], text.rsplit("/", 1)[-1], f"  {text}/ "):
            assert (await judged(form))["verdict"] == "valid"

    async def test_is_forged_when_a_byte_was_changed(self, judged: Any) -> None:
        token = bytearray(issue_permit_token(claims(), OURS))
        token[-1] ^= 1
        text = base64.b32encode(bytes(token)).decode().rstrip("=")
        assert await judged(text) == {"verdict": "forged"}

    @pytest.mark.parametrize("text", ["", "HTTPS://EVIL.EXAMPLE/", "/P/AAAA", "/P/" + "7" * 200, "hällo"])
    async def test_is_unknown_for_what_is_no_token(self, judged: Any, text: str) -> None:
        assert await judged(text) == {"verdict": "unknown"}

    async def test_is_unknown_for_another_citys_key(self, judged: Any) -> None:
        assert await judged(scanned(claims(), THEIRS)) == {"verdict": "unknown"}

    async def test_is_never_valid_without_a_list_of_now(self, judged: Any) -> None:
        assert (await judged(scanned(claims()), None))["verdict"] == "unchecked"
        assert (await judged(scanned(claims()), status_list(hours=-1)))["verdict"] == "unchecked"
        assert (await judged(scanned(claims("BPA-26-000009")), status_list(hours=-1)))["verdict"] == "revoked"

    async def test_says_that_a_permit_is_suspended_from_an_old_list_too(self, judged: Any) -> None:
        said = await judged(scanned(claims("BPA-26-000007")), status_list(hours=-1))
        assert said["verdict"] == "suspended"

    async def test_takes_no_list_of_another_version(self, judged: Any) -> None:
        with pytest.raises(Exception, match="forged"):
            await judged(scanned(claims()), status_list(version=1))

    async def test_takes_no_permit_for_a_list(self, judged: Any) -> None:
        with pytest.raises(Exception, match="forged"):
            await judged(scanned(claims()), issue_permit_token(claims(), OURS))
