"""A service put together: its parts around one log, one relay, one inbox for each source, one worker.

`Service` says what a service is; `Runtime` is what its parts work with; `application` makes the process.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
from fastapi import APIRouter, FastAPI

from shared import migrations
from shared.audit.anchors import anchors_at
from shared.audit.sealer import Sealer
from shared.audit.seals import SealKey
from shared.bus.broker import BrokerNames, PublishingChannel, Subscription
from shared.bus.envelope import Envelope
from shared.bus.events_api import events_router
from shared.bus.handlers import Handlers
from shared.bus.inbox import Inbox
from shared.bus.parking import DISCARDED, PASSED_ATTEMPTS
from shared.bus.published import Published
from shared.bus.remote_feed import RemoteFeed
from shared.clock import Clock, SystemClock
from shared.feed.relay import Relay
from shared.feed.sequencer import Sequencer
from shared.keys import KeyDestroyed, KeyRing, lookup
from shared.log import (
    Append,
    AppendQueue,
    Context,
    LogParts,
    LogReader,
    LogUnavailable,
    Projections,
    ReservationTaken,
    Retention,
    StreamNotFound,
    Unit,
    VersionConflict,
)
from shared.log.outage import ASYNCPG_AWAY
from shared.log.remembered import ANSWERS, RememberedAnswers
from shared.log.session import SESSION
from shared.log.snapshots import Snapshots
from shared.observe.tracing import current_traceparent
from shared.settings import ServiceSettings
from shared.tasks import DONE_TASKS, HOUSEKEEPING, Housekeeping, Leased, Tasks, Worker
from shared.web.app import create_app
from shared.web.calls import ServiceCalls
from shared.web.idempotency import IdempotencyKeeper
from shared.web.problems import Problem, changed_meanwhile, unavailable
from shared.web.request_context import current_request
from shared.web.tokens import Caller, CallerTokens

KERNEL_MIGRATIONS = Path(__file__).parent / "log" / "migrations"
KEYS_MIGRATIONS = Path(__file__).parent / "keys" / "migrations"
KERNEL_RETENTIONS: Final = (ANSWERS, DONE_TASKS, DISCARDED, PASSED_ATTEMPTS)


@dataclass(slots=True)
class Parts:
    """What a service adds to the kernel.

    `routers` are its HTTP, `handlers` its reactions to the events of others, `tasks` its effects and timers.
    `hooks` make async context managers, entered at start and left at the end: clients, thread pools.
    `retentions` say what of its tables is deleted, and when.
    """

    routers: Sequence[APIRouter] = ()
    handlers: Handlers = field(default_factory=Handlers)
    tasks: Tasks = field(default_factory=Tasks)
    hooks: Sequence[Callable[[], Any]] = ()
    retentions: Sequence[Retention] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its name, settings class, public events, read models and how its parts are built.

    `name` is its audience in caller tokens, the first word of its stored and public events, and its queue's.
    `migrations` is the folder of its own `NNNN_what.sql`, in which `{app}` stands for the running role.
    `build` is called once at start, with a runtime whose log can be used already.
    `secrets` are the files it needs beside the common ones: without them it does not start.
    `body_limits` are bytes by path, where more than the default is taken; `translations` say which problem
    (RFC 9457) an exception of its domain becomes; `caller_keys` and `calls` differ in identity alone.
    `documents` gives what `make docs` draws from its code, text by path.
    `docs/fifth-service.md` shows a whole one.
    """

    name: str
    settings: type[ServiceSettings]
    published: Published
    projections: Projections
    build: Callable[["Runtime"], Parts]
    migrations: Path
    version: str = "0.1.0"
    caller_keys: Callable[[Any], dict[str, Any]] = lambda settings: settings.secret_json("caller_keys")
    calls: Callable[[Any], ServiceCalls] | None = None
    secrets: tuple[str, ...] = ()
    body_limits: dict[str, int] = field(default_factory=dict)
    translations: dict[type[Exception], Callable[[Any], Problem]] = field(default_factory=dict)
    documents: Callable[[], Mapping[str, str]] = dict


@dataclass(slots=True)
class Runtime:
    """What the parts of a service work with. `pool` is for reading; writing goes through a `unit`."""

    name: str
    settings: Any
    clock: Clock
    pool: asyncpg.Pool
    keys: KeyRing
    log: LogParts
    digest: Callable[[str, str], bytes]
    calls: ServiceCalls
    caller_tokens: CallerTokens

    def unit(self, context: Context | None = None) -> Unit:
        """A fresh unit of work as of now."""
        return Unit(self.log, self.clock.now(), context or Context())

    def unit_for(self, caller: Caller) -> Unit:
        """A unit for an HTTP request: who acts and for what goes into each event's meta."""
        ids = current_request()
        correlation = ids.correlation if ids else ""
        actor = f"{caller.kind}:{caller.subject}"
        trace = current_traceparent() or ""
        return self.unit(Context(actor, caller.purpose, correlation, "", trace))

    def unit_on(self, envelope: Envelope) -> Unit:
        """A unit for a reaction: correlated with, and caused by, the event."""
        trace = envelope.traceparent
        actor = f"service:{self.name}"
        return self.unit(Context(actor, "reaction", envelope.correlationid, str(envelope.id), trace))

    def unit_in(self, leased: Leased) -> Unit:
        """A unit for a task: the correlation of what wanted it."""
        meta = leased.meta
        cause = str(leased.task_id)
        trace = current_traceparent() or meta.traceparent
        return self.unit(Context(f"service:{self.name}", leased.kind, meta.correlation, cause, trace))


def application(service: Service, settings: ServiceSettings, clock: Clock | None = None) -> FastAPI:
    """The service's ASGI app; everything it runs starts and stops with the app's lifespan.

    Raises SecretMissing when a secret is absent.
    """
    known = _secrets(service, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            wakers: list[Callable[[], None]] = []
            runtime = await _runtime(stack, service, settings, clock, known, wakers)
            built = service.build(runtime)
            for hook in built.hooks:  # before the flow, so that they outlive its last task
                await stack.enter_async_context(hook())
            await _start_flow(stack, service, runtime, built, wakers)
            _start_sealing(stack, runtime, known.audit)
            _mount(app, service, runtime, built)
            yield

    return create_app(
        service.name,
        service.version,
        [],
        caller_tokens=known.caller_tokens,
        lifespan=lifespan,
        translations={**_TRANSLATIONS, **service.translations},
        body_limits=service.body_limits,
    )


@asynccontextmanager
async def writing(
    service: Service, settings: ServiceSettings, clock: Clock | None = None
) -> AsyncIterator[Runtime]:
    """A runtime for a command beside the service: it writes to the log, and nothing else runs.

    What it stores is published and done by the service. Raises SecretMissing.
    """
    known = _secrets(service, settings)
    async with AsyncExitStack() as stack:
        yield await _runtime(stack, service, settings, clock, known, [])


@dataclass(frozen=True, slots=True)
class _Secrets:
    master: bytes
    lookup: bytes
    audit: SealKey
    caller_tokens: CallerTokens
    calls: ServiceCalls


def _secrets(service: Service, settings: ServiceSettings) -> _Secrets:
    """All of them are read before anything starts. Raises SecretMissing."""
    for name in service.secrets:
        settings.secret_text(name)
    return _Secrets(
        settings.secret_bytes("master_key"),
        settings.secret_bytes("lookup_key"),
        SealKey(settings.secret_text("audit_key.pem")),
        CallerTokens(service.caller_keys(settings), service.name),
        service.calls(settings) if service.calls else _calls(service.name, settings),
    )


async def _runtime(
    stack: AsyncExitStack,
    service: Service,
    settings: ServiceSettings,
    clock: Clock | None,
    known: _Secrets,
    wakers: list[Callable[[], None]],
) -> Runtime:
    stack.push_async_callback(known.calls.aclose)
    pool = await _pool(stack, settings.database_url)
    keys_pool = await _pool(stack, settings.keys_database_url, 4)
    keys = KeyRing(keys_pool, known.master, service.name)
    digest = lookup(known.lookup)
    queue = AppendQueue(_connector(settings.database_url), lambda append: _wake(wakers, append))
    parts = LogParts(queue, LogReader(pool, keys), keys, Snapshots(pool, keys), service.projections, digest)
    await queue.start()
    stack.push_async_callback(queue.close)
    return Runtime(
        service.name, settings, clock or SystemClock(), pool, keys, parts, digest, known.calls,
        known.caller_tokens,
    )  # fmt: skip


async def _start_flow(
    stack: AsyncExitStack,
    service: Service,
    runtime: Runtime,
    parts: Parts,
    wakers: list[Callable[[], None]],
) -> None:
    """Relay, inboxes, worker; stopped in the order: consume no more, finish tasks, publish what is left."""
    settings = runtime.settings
    names = BrokerNames(settings.name_prefix, settings.exchange)
    channel = PublishingChannel(settings.rabbitmq_url, names, service.name)
    relay = Relay(runtime.pool, Sequencer(runtime.pool, service.published), channel)
    await relay.start()
    stack.push_async_callback(channel.close)
    stack.push_async_callback(relay.close)
    housekeeping = Housekeeping(runtime.pool, runtime.clock, (*KERNEL_RETENTIONS, *parts.retentions))
    parts.tasks.recur(HOUSEKEEPING, housekeeping.run)
    worker = Worker(runtime.pool, parts.tasks, runtime.unit_in, runtime.clock)
    worker.start()
    stack.push_async_callback(worker.close)
    wakers += [relay.wake, worker.wake]
    feed = RemoteFeed(runtime.calls)
    inboxes = {
        source: Inbox(source, runtime.pool, parts.handlers, runtime.unit_on, feed)
        for source in parts.handlers.sources()
    }
    for inbox in inboxes.values():
        inbox.start()
        stack.push_async_callback(inbox.close)
    if inboxes:
        subscription = Subscription(settings.rabbitmq_url, names, service.name, inboxes)
        subscription.start()
        stack.push_async_callback(subscription.close)


def _start_sealing(stack: AsyncExitStack, runtime: Runtime, key: SealKey) -> None:
    anchors = anchors_at(runtime.settings.audit_anchors)
    sealer = Sealer(runtime.name, runtime.pool, key, anchors, runtime.clock)
    sealer.start()
    stack.push_async_callback(sealer.close)


def _mount(app: FastAPI, service: Service, runtime: Runtime, parts: Parts) -> None:
    app.state.runtime = runtime
    app.state.idempotency = IdempotencyKeeper(
        RememberedAnswers(runtime.pool), runtime.settings.secret_bytes("lookup_key")
    )
    app.state.probes.ready_checks["pool"] = lambda: runtime.pool.fetchval("SELECT 1")
    app.state.probes.started_checks["migrations"] = lambda: _migrated(runtime.pool, service)
    for router in (*parts.routers, events_router(runtime.pool, service.published)):
        app.include_router(router)


async def _migrated(pool: asyncpg.Pool, service: Service) -> None:
    wanted = [
        *migrations.find("kernel", KERNEL_MIGRATIONS),
        *migrations.find(service.name, service.migrations),
    ]
    missing = await migrations.pending(pool, wanted)
    if missing:
        raise RuntimeError(f"{len(missing)} migrations are missing: run `portal migrate {service.name}`")


async def _pool(stack: AsyncExitStack, url: str, size: int = 10) -> asyncpg.Pool:
    pool = await asyncpg.create_pool(
        url, min_size=1, max_size=size, command_timeout=10, timeout=5, server_settings=SESSION
    )
    stack.push_async_callback(_close_pool, pool)
    return pool


async def _close_pool(pool: asyncpg.Pool) -> None:
    pool.terminate()


def _connector(url: str) -> Callable[[], Awaitable[asyncpg.Connection]]:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, timeout=5, server_settings=SESSION)

    return connect


def _wake(wakers: list[Callable[[], None]], append: Append) -> None:
    for wake in wakers:
        wake()


def _calls(name: str, settings: ServiceSettings) -> ServiceCalls:
    return ServiceCalls(
        name, settings.identity_url, settings.secret_text("service_secret"), settings.service_urls()
    )


_TRANSLATIONS: dict[type[Exception], Callable[[Any], Problem]] = {
    VersionConflict: lambda _: changed_meanwhile(),
    KeyDestroyed: lambda _: Problem("erased", 410, "The person's data were erased"),
    LogUnavailable: lambda _: unavailable(),
    **dict.fromkeys((*ASYNCPG_AWAY, ConnectionError, TimeoutError), lambda _: unavailable()),
    StreamNotFound: lambda _: Problem("not_found", 404, "There is no such thing here"),
    ReservationTaken: lambda e: Problem("already_taken", 409, "Another one holds this", scope=e.scope),
}
