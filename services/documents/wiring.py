"""Puts documents together; the only place that names the concrete seal and store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.documents import api, verification
from services.documents.composing import Composer
from services.documents.domain.document import PERMIT, DocumentRefused
from services.documents.erasing import Eraser
from services.documents.issuing import Issuer, Press
from services.documents.policies import register
from services.documents.projections import ACCESSES_KEPT, PROJECTIONS
from services.documents.published import PUBLISHED
from services.documents.rendering import Renderer, load_branding
from services.documents.sealing import LocalKeySeal
from services.documents.settings import DocumentsSettings
from services.documents.specimen import specimen
from services.documents.store import ObjectStore, StoreUnavailable
from services.documents.threads import WorkerThreads
from services.documents.tokens import PublicKeys, SigningKey
from services.documents.wording import load_wording
from shared.bus.handlers import Handlers
from shared.service import Parts, Runtime, Service
from shared.settings import SecretMissing
from shared.tasks import Tasks
from shared.web.problems import Problem, unavailable


def build(runtime: Runtime) -> Parts:
    """Orders, the press that does them, and HTTP."""
    settings: DocumentsSettings = runtime.settings
    composer = _composer(settings)
    threads = WorkerThreads("press", settings.render_threads)
    renderer = Renderer(composer.branding, settings.fonts_dir)
    seal = _seal(settings, composer.branding.city, threads)
    press = Press(renderer, seal, ObjectStore(settings.store_url), threads)
    handlers, tasks = Handlers(), Tasks()
    register(handlers, tasks, Issuer(runtime, composer, press), Eraser(runtime, press.store))
    status_list = verification.StatusListKeeper(runtime, composer)
    return Parts(
        routers=[
            api.router(runtime, press.store, composer, status_list),
            verification.router(runtime, composer, _public_keys(settings, composer.permit_key), status_list),
        ],
        handlers=handlers,
        tasks=tasks,
        hooks=[lambda: _warm(press, settings.render_threads)],
        retentions=[ACCESSES_KEPT],
    )


def _composer(settings: DocumentsSettings) -> Composer:
    return Composer(
        branding=load_branding(settings.branding),
        wording=load_wording(settings.branding),
        zone=ZoneInfo(settings.city_time_zone),
        permit_key=_permit_key(settings),
        public_url=settings.public_url,
    )


def _permit_key(settings: DocumentsSettings) -> SigningKey:
    name = "permit_token_key.pem"
    try:
        return SigningKey.from_pem(settings.secret_text(name).encode())
    except ValueError:
        place = settings.secrets_dir / name
        raise SecretMissing(f"The secret {name} in {place} is no unencrypted Ed25519 private key.") from None


def _seal(settings: DocumentsSettings, place: str, threads: WorkerThreads) -> LocalKeySeal:
    folder = settings.secrets_dir
    return LocalKeySeal(
        folder / "seal_key.pem",
        folder / "seal_certificate.pem",
        folder / "seal_ca.pem",
        place=place,
        threads=threads,
    )


def _public_keys(settings: DocumentsSettings, current: SigningKey) -> PublicKeys:
    """The current key and, where there are any, those that signed permits before it."""
    jwks = PublicKeys([current.public]).to_jwks()
    if (settings.secrets_dir / "permit_token_earlier_keys.json").exists():
        jwks["keys"] += settings.secret_json("permit_token_earlier_keys")["keys"]
    return PublicKeys.from_jwks(jwks)


@asynccontextmanager
async def _warm(press: Press, threads: int) -> AsyncIterator[None]:
    """Loads templates, fonts and the seal's code in every thread, so that no citizen waits for it."""
    page = specimen()
    for first in await asyncio.gather(
        *(press.threads.run(press.renderer.render, PERMIT, page) for _ in range(threads))
    ):
        await press.seal.seal(first)
    try:
        yield
    finally:
        press.threads.close()


def _refused(error: Any) -> Problem:
    return Problem(error.slug, 409, "The document does not allow this", str(error))


SERVICE = Service(
    name="documents",
    settings=DocumentsSettings,
    published=PUBLISHED,
    projections=PROJECTIONS,
    build=build,
    migrations=Path(__file__).parent / "migrations",
    secrets=("seal_key.pem", "seal_certificate.pem", "seal_ca.pem", "permit_token_key.pem"),
    translations={DocumentRefused: _refused, StoreUnavailable: lambda _: unavailable()},
)
