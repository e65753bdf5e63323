"""Reads the world out of the services' databases, the document store and the bank's book."""

from base64 import b64decode
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import asyncpg

from deploy.compose import FOLLOWED
from shared.cli.rebuilding import Fold, checksum
from shared.domain import decode
from shared.keys import KeyRing
from shared.log.reading import read_meta
from shared.service import Service
from tests.faults.rest import unfinished
from tests.faults.sealed import chain
from tests.faults.world import Answer, Chain, Fact, Feed, Line, Published, Sale, Series, World
from tests.journeys.stage import WITH_LOG, Stage

_EVENTS: Final = """
SELECT epoch, xid::text AS xid, position, stream_id, version, event_id, name, schema_version, payload, meta
FROM event ORDER BY event.epoch, event.xid, event.position
"""
_FEED: Final = "SELECT sequence, event_id, envelope FROM feed ORDER BY sequence"
_HEAD: Final = "SELECT h.sequence AS head, r.published AS relayed FROM feed_head h, relay_cursor r"
_NUMBER_OF: Final = {
    "applications": ("applications.application_submitted", "case_number"),
    "payments": ("payments.payment_requested", "kassenzeichen"),
    "documents": ("documents.document_issued", "number"),
}
_LETTERS: Final = {"BPA": "permit", "HST": "assessment", "ABL": "rejection", "ZB": "receipt"}


async def read_world(stage: Stage, answers: Iterable[Answer]) -> World:
    """All of it, as it stands now."""
    facts = [fact for service in WITH_LOG for fact in await _facts(stage, service)]
    book = (await stage.outside.get(f"{stage.addresses.bank}/sandbox/book")).json()
    return World(
        facts=tuple(facts),
        feeds={service.name: await _feed(stage, service.name, facts) for service in WITH_LOG},
        cursors=await _cursors(stage),
        unfinished=tuple(await unfinished(stage)),
        ledger=tuple(await _ledger(stage)),
        sales=tuple(
            Sale(t["reference"], t["kassenzeichen"], t["state"], t["amount_cents"])
            for t in book["transactions"]
            if t["kind"] == "SALE"
        ),
        balance_cents=book["balance_cents"],
        series=tuple([one for name in _NUMBER_OF for one in await _series(stage, name, facts)]),
        models=await _models(stage),
        files=_files(stage),
        chains=await _chains(stage),
        answers=tuple(answers),
    )


async def _facts(stage: Stage, service: Service) -> list[Fact]:
    public = set(service.published.stored_names())
    return [_fact(service.name, row, public) for row in await stage.query(service.name, _EVENTS)]


def _fact(service: str, row: Any, public: set[str]) -> Fact:
    event = decode(row["stream_id"], row["version"], row["name"], row["schema_version"], row["payload"], None)
    left_out = {"originator_id", "originator_version", "originator_topic"}
    data = {
        name: str(value) if isinstance(value, UUID) else value
        for name, value in event.__dict__.items()
        if name not in left_out
    }
    return Fact(
        service, str(row["stream_id"]), row["version"], str(row["event_id"]), row["name"], data,
        (row["epoch"], int(row["xid"]), row["position"]), read_meta(row["meta"]).causation,
        row["name"] in public,
    )  # fmt: skip


async def _feed(stage: Stage, service: str, facts: list[Fact]) -> Feed:
    (head,) = await stage.query(service, _HEAD)
    known = {fact.event_id: fact for fact in facts}
    rows = []
    for row in await stage.query(service, _FEED):
        fact = known.get(str(row["event_id"]))
        stream, version = (fact.stream, fact.version) if fact else ("", 0)
        rows.append(Published(row["sequence"], str(row["event_id"]), stream, version))
    return Feed(tuple(rows), head["head"], head["relayed"])


async def _cursors(stage: Stage) -> dict[tuple[str, str], int]:
    """How far each service has read each that it listens to; 0 where it never began."""
    found: dict[tuple[str, str], int] = {}
    for name in (service.name for service in WITH_LOG):
        told = {
            row["source"]: row["sequence"]
            for row in await stage.query(name, "SELECT source, sequence FROM inbox_cursor")
        }
        found |= {(name, source): told.get(source, 0) for source in FOLLOWED[name]}
    return found


async def _ledger(stage: Stage) -> list[Line]:
    rows = await stage.query("payments", "SELECT claim_id, version, account, cents FROM ledger_line")
    return [Line(str(row["claim_id"]), row["version"], row["account"], row["cents"]) for row in rows]


async def _series(stage: Stage, service: str, facts: list[Fact]) -> list[Series]:
    event, field = _NUMBER_OF[service]
    used: dict[str, list[int]] = {}
    for fact in facts:
        if fact.name == event:
            name, number = series_of(service, str(fact.data[field]))
            used.setdefault(name, []).append(number)
    given = await stage.query(service, "SELECT name, number FROM number_given")
    explained: dict[str, set[int]] = {}
    for row in given:
        explained.setdefault(row["name"], set()).add(row["number"])
    return [
        Series(
            f"{service} {row['name']}",
            row["last"],
            tuple(used.get(row["name"], ())),
            frozenset(explained.get(row["name"], ())),
        )
        for row in await stage.query(service, "SELECT name, last FROM number_range")
    ]


def series_of(service: str, number: str) -> tuple[str, int]:
    """The range that an official number comes from, and its place in it."""
    if service == "payments":  # prefix (4) ‖ year (2) ‖ running number (7) ‖ check digit
        return f"kassenzeichen-{number[:4]}-20{number[4:6]}-1", int(number[6:13])
    prefix, _, running = number.rpartition("-")
    if service == "applications":
        return prefix, int(running)
    letters, _, year = prefix.partition("-")
    return f"{_LETTERS[letters]}-20{year}", int(running)


async def _models(stage: Stage) -> dict[str, tuple[str, str]]:
    """Each read model's checksum, live and folded anew."""
    found = {}
    for service in WITH_LOG:
        keys_pool = await asyncpg.create_pool(
            stage.stack.databases[service.name].owner_keys, min_size=1, max_size=1
        )
        try:
            master = b64decode((stage.stack.secrets(service.name) / "master_key").read_text())
            keys = KeyRing(keys_pool, master, service.name)
            for name in service.projections.tables:
                found[f"{service.name}.{name}"] = await _compared(stage, service, name, keys)
        finally:
            await keys_pool.close()
    return found


async def _compared(stage: Stage, service: Service, name: str, keys: KeyRing) -> tuple[str, str]:
    table, pool = service.projections.tables[name], stage.pools[service.name]
    fold = Fold(service, table, pool, keys)
    await fold.begin()
    await fold.go_on(settled=False)
    live, folded = await checksum(pool, name, table), await checksum(pool, f"{name}_rebuilt", table)
    await pool.execute(f"DROP TABLE {name}_rebuilt")
    return live, folded


def _files(stage: Stage) -> frozenset[str]:
    root = stage.stack.state / "documents"
    return frozenset(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def _chains(stage: Stage) -> dict[str, Chain]:
    anchors = stage.stack.state / "audit"
    return {
        service.name: await chain(
            stage.pools[service.name],
            service.name,
            anchors,
            (stage.stack.secrets(service.name) / "audit_key.pem").read_text(),
        )
        for service in WITH_LOG
    }
