"""Puts identity together: the only place that knows every part."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from services.identity import consumed, erasing, own_calls, registration
from services.identity.accesses import ACCESSES_KEPT, Accesses
from services.identity.api import doorway, offices, own_account, signing
from services.identity.api.problems import TRANSLATIONS
from services.identity.credentials import Credentials
from services.identity.erasing import Erasure
from services.identity.links import Links
from services.identity.mail.letters import SEND
from services.identity.mail.post import Post
from services.identity.passwords import Passwords
from services.identity.projections import LINKS_KEPT, PROJECTIONS
from services.identity.published import PUBLISHED
from services.identity.queries import Queries
from services.identity.registration import Registration
from services.identity.sessions import Sessions
from services.identity.settings import IdentitySettings
from services.identity.signing_in import SigningIn
from services.identity.throttle import FAILURES_KEPT, Throttle
from shared.service import Parts, Runtime, Service
from shared.tasks import Tasks


def build(runtime: Runtime) -> Parts:
    """Accounts, sessions, tokens and letters. Raises SecretMissing."""
    settings: IdentitySettings = runtime.settings
    queries = Queries(runtime.pool, runtime.keys)
    links = Links(runtime.digest)
    passwords = hasher(settings)
    sessions = Sessions(
        runtime.pool,
        timedelta(minutes=settings.session_idle_minutes),
        timedelta(hours=settings.session_hours),
    )
    throttle, accesses = Throttle(runtime.pool), Accesses(runtime.pool)
    registers = Registration(
        runtime.keys,
        queries,
        passwords,
        links,
        timedelta(hours=settings.confirmation_hours),
        timedelta(hours=settings.reset_hours),
    )
    signing_in = SigningIn(queries, passwords, sessions, throttle)
    erasure = Erasure(runtime, signing_in, sessions)
    credentials = Credentials(settings.secret_json("service_credentials"))
    return Parts(
        routers=(
            doorway.router(runtime, queries, registers, passwords, sessions),
            signing.router(runtime, signing_in, sessions),
            signing.tokens_router(runtime, credentials, sessions, own_calls.signer(settings)),
            own_account.router(runtime, accesses, sessions, erasure),
            offices.router(runtime, accesses, sessions),
            offices.operators_router(runtime, queries, accesses),
        ),
        handlers=consumed.handlers(),
        tasks=tasks(registers, Post(settings, queries, links), erasure),
        hooks=(lambda: _closing(passwords),),
        retentions=(LINKS_KEPT, ACCESSES_KEPT, FAILURES_KEPT, *sessions.retentions()),
    )


def hasher(settings: IdentitySettings) -> Passwords:
    """Argon2id with the parameters of this installation."""
    return Passwords(settings.argon2_memory_kib, settings.argon2_passes, settings.argon2_threads)


def tasks(registers: Registration, post: Post, erasure: Erasure) -> Tasks:
    """Work after the commit, by kind."""
    found = Tasks()
    found.on(registration.REGISTER)(registers.register)
    found.on(registration.FORGET_ATTEMPT)(registers.forget)
    found.on(registration.RESET)(registers.send_reset)
    found.on(SEND)(post.send)
    found.on(erasing.ERASE)(erasure.erase)
    return found


@asynccontextmanager
async def _closing(passwords: Passwords) -> AsyncIterator[None]:
    try:
        yield
    finally:
        passwords.close()


def _public_keys(settings: Any) -> dict[str, Any]:
    return own_calls.signer(settings).public_jwks()


SERVICE: Final = Service(
    name="identity",
    settings=IdentitySettings,
    published=PUBLISHED,
    projections=PROJECTIONS,
    build=build,
    migrations=Path(__file__).parent / "migrations",
    secrets=("caller_signing_key.pem", "service_credentials.json"),
    caller_keys=_public_keys,
    calls=own_calls.OwnCalls,
    translations=TRANSLATIONS,
)
