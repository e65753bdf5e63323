"""The parking warden in the street: a real camera picture of a real permit, with a network and without."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import Browser, Page, StorageState, expect

from deploy.local.demo.listening import Listener
from deploy.local.demo.proof import read_code
from services.documents.tokens import PermitClaims, SigningKey, issue_permit_token, token_url
from tests.chromium import barriers, chromium
from tests.journeys.camera import Camera, askew_and_dim, out_of_focus
from tests.journeys.people import Official, newcomer
from tests.journeys.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.browser]
IN_CHARGE = """() => {
    const workers = navigator.serviceWorker;
    const taken = (done) => workers.addEventListener('controllerchange', () => done(null));
    return workers.controller ? null : new Promise(taken);
}"""


@dataclass(frozen=True)
class Permits:
    """What the QR codes of two permits say, and the plate of the first."""

    good: str
    plate: str
    revoked: str


@pytest.fixture(scope="module")
async def permits(stage: Stage, listener: Listener, clerk: Official) -> Permits:
    """Two permits, applied for, paid and printed; the clerk took the second back."""
    codes = []
    for _ in range(2):
        resident = await newcomer(stage).arrive()
        await resident.submit()
        await resident.pay()
        await resident.wait_for_document()
        await resident.download()
        codes.append((read_code(resident.pdf), resident.citizen.plate))
        await listener.wait_for("applications.application_completed.v1", resident.case_id)
        await resident.browser.aclose()
    await clerk.revoke(resident.case_id, "lost")
    await listener.wait_for("documents.document_revoked.v1", resident.case_id)
    return Permits(codes[0][0], codes[0][1], codes[1][0])


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    return Camera(tmp_path_factory.mktemp("camera"))


@pytest.fixture(scope="module")
async def phones(camera: Camera) -> AsyncIterator[Browser]:
    async with chromium(*camera.flags) as browser:
        yield browser


class Warden:
    """On patrol with a phone; the page and all it needs offline are on it."""

    def __init__(self, tab: Page, camera: Camera) -> None:
        self.tab, self.camera = tab, camera
        self.complaints: list[str] = []
        tab.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def begins(self, portal: str) -> None:
        await self.tab.goto(f"{portal}/aufsicht")
        async with asyncio.timeout(30):
            await self.tab.evaluate(IN_CHARGE)

    async def films(self, code: str | None, **how: Callable[..., object]) -> None:
        """Opens the page, holds the phone at a code, starts the camera."""
        self.camera.shows(code, **how)  # type: ignore[arg-type]  # the one argument it has
        await self.tab.reload()
        await self.tab.get_by_role("button", name="Kamera starten").click()

    async def reads(self, verdict: str) -> None:
        await expect(self.tab.locator(".verdict h2")).to_have_text(verdict, timeout=15_000)

    async def is_told(self, words: str) -> None:
        await expect(self.tab.locator("main")).to_contain_text(words, timeout=15_000)

    async def types(self, code: str) -> None:
        field = self.tab.get_by_label("Inhalt des QR-Codes")
        if not await field.is_visible():
            await self.tab.get_by_text("Code von Hand eingeben").click()
        await field.fill(code)
        await self.tab.get_by_role("button", name="Jetzt prüfen").click()


Patrol = Callable[..., Awaitable[Warden]]


@pytest.fixture(scope="module")
async def session(phones: Browser, stage: Stage) -> StorageState:
    """The warden signs in once: so many times in a minute, the portal would ask to wait."""
    account = next(one for one in stage.secrets.demo_accounts() if one["role"] == "warden")
    context = await phones.new_context(locale="de-DE")
    tab = await context.new_page()
    await tab.goto(f"{stage.addresses.portal}/anmelden")
    await tab.get_by_label("E-Mail-Adresse").fill(account["email"])
    await tab.get_by_label("Passwort").first.fill(account["password"])
    await tab.locator("main").get_by_role("button", name="Anmelden").click()
    await expect(tab.get_by_text("Sie sind angemeldet.")).to_be_visible()
    kept = await context.storage_state()
    await context.close()
    return kept


@pytest.fixture
async def patrol(
    phones: Browser, stage: Stage, camera: Camera, permits: Permits, session: StorageState
) -> AsyncIterator[Patrol]:
    contexts = []

    async def go(*, may_film: bool = True) -> Warden:
        context = await phones.new_context(
            locale="de-DE", viewport={"width": 390, "height": 844}, storage_state=session
        )
        contexts.append(context)
        await context.grant_permissions(["camera"] if may_film else ["notifications"])
        warden = Warden(await context.new_page(), camera)
        await warden.begins(stage.addresses.portal)
        return warden

    yield go
    for context in contexts:
        await context.close()


@asynccontextmanager
async def no_network(warden: Warden) -> AsyncIterator[None]:
    await warden.tab.context.set_offline(True)
    yield
    await warden.tab.context.set_offline(False)


def flipped(code: str) -> str:
    """The code with the last bit of its signature turned over."""
    address, _, token = code.rpartition("/")
    raw = bytearray(base64.b32decode(token + "=" * (-len(token) % 8)))
    raw[-1] ^= 1
    return f"{address}/{base64.b32encode(bytes(raw)).decode().rstrip('=')}"


def of_another_city() -> str:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    claims = PermitClaims("BPA-26-000001", "LIN-AB 1", "A", date(2020, 1, 1), date(2099, 1, 1))
    return token_url(issue_permit_token(claims, key), "https://elsewhere.example")


class TestWithANetwork:
    async def test_sees_the_permit_valid_and_how_old_the_list_is(
        self, patrol: Patrol, permits: Permits
    ) -> None:
        warden = await patrol()
        await warden.films(permits.good)
        await warden.reads("Gültig")
        await expect(warden.tab.locator(".verdict .plate")).to_have_text(permits.plate)
        await warden.is_told("Die Sperrliste ist 1 Minute alt")
        await warden.is_told("Sie können den nächsten Ausweis ins Bild halten.")
        assert await barriers(warden.tab) == []
        assert await warden.tab.evaluate("document.documentElement.scrollWidth") <= 390
        assert warden.complaints == []

    async def test_reads_a_code_askew_in_the_dusk(self, patrol: Patrol, permits: Permits) -> None:
        warden = await patrol()
        await warden.films(permits.good, through=askew_and_dim)
        await warden.reads("Gültig")

    async def test_sees_that_a_permit_was_taken_back(self, patrol: Patrol, permits: Permits) -> None:
        warden = await patrol()
        await warden.films(permits.revoked)
        await warden.reads("Widerrufen")


class TestWithoutANetwork:
    async def test_decides_from_what_the_phone_keeps(self, patrol: Patrol, permits: Permits) -> None:
        warden = await patrol()
        async with no_network(warden):
            await warden.films(permits.good)
            await warden.reads("Gültig")
            await warden.is_told("Ohne Netz: Es gilt die gespeicherte Sperrliste. Sie ist 1 Minute alt")
            await warden.films(permits.revoked)
            await warden.reads("Widerrufen")

    async def test_waits_for_no_network_that_never_answers(
        self, patrol: Patrol, permits: Permits, stage: Stage
    ) -> None:
        warden = await patrol()
        with stage.standing_still("gateway"):
            await warden.films(permits.good)
            await warden.reads("Gültig")
            await warden.is_told("Ohne Netz")

    @pytest.mark.parametrize(
        ("days", "verdict", "told"),
        [(2, "Echt, Stand unklar", "Achtung, die Sperrliste ist 2 Tage alt"), (800, "Abgelaufen", "Achtung")],
    )
    async def test_knows_an_old_list_and_an_old_permit(
        self, patrol: Patrol, permits: Permits, days: int, verdict: str, told: str
    ) -> None:
        warden = await patrol()
        await warden.tab.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=days))
        async with no_network(warden):
            await warden.films(permits.good)
            await warden.reads(verdict)
            await warden.is_told(told)

    async def test_takes_a_code_typed_by_hand(self, patrol: Patrol, permits: Permits) -> None:
        warden = await patrol()
        async with no_network(warden):
            await warden.types(permits.good.rpartition("/")[2].lower())
            await warden.reads("Gültig")


class TestWhatIsNoPermit:
    async def test_is_told_apart(self, patrol: Patrol, permits: Permits) -> None:
        warden = await patrol()
        await warden.films(flipped(permits.good))
        await warden.reads("Gefälscht")
        await warden.films(of_another_city())
        await warden.reads("Unbekannt")
        await warden.films("WIFI:S:guests;;")
        await warden.is_told("Das ist kein Code eines Ausweises dieser Stadt.")

    async def test_gets_help_where_no_code_is_to_be_seen(self, patrol: Patrol, permits: Permits) -> None:
        warden = await patrol()
        await warden.films(permits.good, through=out_of_focus)
        await warden.is_told("Kein Code zu erkennen. Gehen Sie näher heran")
        await expect(warden.tab.locator(".verdict")).to_have_count(0)


class TestARefusedCamera:
    async def test_leaves_the_code_to_the_hand(self, patrol: Patrol, permits: Permits) -> None:
        warden = await patrol(may_film=False)
        await warden.films(permits.good)
        await warden.is_told("Der Browser darf die Kamera nicht benutzen.")
        await warden.types(permits.good)
        await warden.reads("Gültig")
