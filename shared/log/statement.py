"""One set-based statement for a whole flush: every append is judged, those found good are written.

A loser does not disturb its neighbours: what belongs to it is not joined in. Parts that no append of the
flush uses are left out of the text, so that the few shapes that occur stay prepared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from shared.log.append import Append, Row, Table

_json = msgspec.json.Encoder()

_STREAMS = """s AS MATERIALIZED (
 SELECT s.i, CASE
   WHEN n.event_id = s.first THEN 'done'
   WHEN n.event_id IS NOT NULL OR (s.v > 0 AND p.seen IS NULL) THEN 'version'
   ELSE 'ok' END AS state
 FROM unnest({i}::int[], {stream}::uuid[], {v}::int[], {first}::uuid[]) AS s(i, stream, v, first)
 LEFT JOIN LATERAL (SELECT e.event_id FROM event e
   WHERE e.stream_id = s.stream AND e.version = s.v + 1 LIMIT 1) n ON true
 LEFT JOIN LATERAL (SELECT true AS seen FROM event e WHERE e.stream_id = s.stream AND e.version = s.v
   AND (e.epoch < {epoch} OR e.xid <= pg_current_xact_id()) LIMIT 1) p ON true)"""
_RESERVED = """r AS MATERIALIZED (
 SELECT r.*, x.stream_id AS owner
 FROM unnest({i}::int[], {scope}::text[], {digest}::bytea[], {stream}::uuid[], {request}::bytea[],
   {answer}::bytea[]) AS r(i, scope, digest, stream, request, answer)
 LEFT JOIN LATERAL (SELECT y.stream_id FROM reservation y
   WHERE y.scope = r.scope AND y.digest = r.digest LIMIT 1) x ON true)"""
# Leases and cursors are judged on locked rows: a rival's commit between snapshot and write would slip by.
_DONE = """dl AS MATERIALIZED (
 SELECT t.task_id, t.lease, t.done_at FROM task t WHERE t.task_id = ANY({id}::uuid[])
 ORDER BY t.task_id FOR UPDATE),
d AS MATERIALIZED (
 SELECT d.i, d.id, EXISTS (SELECT FROM dl t WHERE t.task_id = d.id AND t.lease = d.lease
   AND t.done_at IS NULL) AS held
 FROM unnest({i}::int[], {id}::uuid[], {lease}::uuid[]) AS d(i, id, lease))"""
_CURSOR = """kl AS MATERIALIZED (
 SELECT x.source, x.sequence FROM inbox_cursor x WHERE x.source = ANY({source}::text[])
 ORDER BY x.source FOR UPDATE),
k AS MATERIALIZED (
 SELECT k.*, kl.sequence AS stands
 FROM unnest({i}::int[], {source}::text[], {before}::bigint[], {after}::bigint[])
   AS k(i, source, before, after) LEFT JOIN kl USING (source))"""

_WRITE_EVENTS = """w_event AS (
 INSERT INTO event (epoch, stream_id, version, event_id, name, schema_version, payload, meta)
 SELECT {epoch}, e.stream, e.v, e.id, e.name, e.sv, e.payload, e.meta
 FROM unnest({i}::int[], {stream}::uuid[], {v}::int[], {id}::uuid[], {name}::text[], {sv}::int[],
   {payload}::bytea[], {meta}::jsonb[]) AS e(i, stream, v, id, name, sv, payload, meta)
 JOIN ok USING (i) ORDER BY e.stream, e.v)"""
_WRITE_RESERVED = """w_reserve AS (
 INSERT INTO reservation (scope, digest, stream_id, request, answer)
 SELECT r.scope, r.digest, r.stream, r.request, r.answer FROM r JOIN ok USING (i)
 WHERE r.owner IS NULL ORDER BY r.scope, r.digest)"""
_WRITE_RELEASED = """w_release AS (
 DELETE FROM reservation x
 USING unnest({i}::int[], {scope}::text[], {digest}::bytea[], {stream}::uuid[]) AS f(i, scope, digest, stream)
 JOIN ok USING (i) WHERE x.scope = f.scope AND x.digest = f.digest AND x.stream_id = f.stream)"""
_WRITE_TASKS = """w_task AS (
 INSERT INTO task (task_id, kind, dedupe, payload, meta, due_at)
 SELECT t.id, t.kind, t.dedupe, t.payload, t.meta, t.due
 FROM unnest({i}::int[], {id}::uuid[], {kind}::text[], {dedupe}::text[], {payload}::jsonb[], {meta}::jsonb[],
   {due}::timestamptz[]) AS t(i, id, kind, dedupe, payload, meta, due)
 JOIN ok USING (i) ORDER BY t.id ON CONFLICT DO NOTHING)"""
_WRITE_DONE = """w_done AS (
 UPDATE task t SET done_at = now(), lease = NULL, lease_until = NULL, last_error = NULL
 FROM d JOIN ok USING (i) WHERE t.task_id = d.id)"""
_WRITE_CURSOR = """w_cursor AS (
 UPDATE inbox_cursor c SET sequence = k.after FROM k JOIN ok USING (i)
 WHERE c.source = k.source AND k.stands IS NOT NULL),
w_cursor_new AS (
 INSERT INTO inbox_cursor (source, sequence) SELECT k.source, k.after FROM k JOIN ok USING (i)
 WHERE k.stands IS NULL)"""


@dataclass(slots=True)
class Statement:
    """SQL text and its arguments, in order."""

    text: str
    args: list[Any] = field(default_factory=list)


class _Composer:
    """Numbers the placeholders of the parts as they are used."""

    def __init__(self) -> None:
        self.args: list[Any] = []

    def part(self, template: str, **columns: Any) -> str:
        places = {}
        for name, value in columns.items():
            self.args.append(value)
            places[name] = f"${len(self.args)}"
        return template.format(**places)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def compose(batch: Sequence[Append], epoch: int) -> Statement:
    """The statement for a flush; its result has a row (i, verdict, scope) for each append not written now.

    Verdicts: `done` (written before, by an ambiguous commit), `cursor`, `version`, `taken`, `task`.
    Guarantee: no two appends of the batch share a key (see `Append.keys`).
    """
    c = _Composer()
    judged, checks = _judges(c, batch, epoch)
    indexes = c.part("unnest({i}::int[]) AS c(i)", i=list(range(len(batch))))
    verdict = _verdict(checks, indexes, "r" in judged)
    writes = [*_event_writes(c, batch, epoch), *_side_writes(c, batch, judged), *_row_writes(c, batch)]
    ctes = [
        *judged.values(),
        verdict,
        "ok AS MATERIALIZED (SELECT i FROM verdict WHERE state = 'ok')",
        *writes,
    ]
    text = "WITH " + ",\n".join(ctes) + "\nSELECT i, state, scope FROM verdict WHERE state <> 'ok'"
    return Statement(text, c.args)


def _judges(c: _Composer, batch: Sequence[Append], epoch: int) -> tuple[dict[str, str], list[str]]:
    parts: dict[str, str] = {}
    checks: list[str] = []
    streams = [(i, s.stream_id, s.expected_version, s.events[0].event_id)
               for i, a in enumerate(batch) for s in a.streams]  # fmt: skip
    if streams:
        i, stream, v, first = _columns(streams)
        parts["s"] = c.part(_STREAMS, i=i, stream=stream, v=v, first=first, epoch=epoch)
        checks.append("SELECT i, min(state) FILTER (WHERE state <> 'ok') AS state FROM s GROUP BY i")
    cursors = [(i, a.cursor.source, a.cursor.before, a.cursor.after) for i, a in enumerate(batch) if a.cursor]
    if cursors:
        i, source, before, after = _columns(cursors)
        parts["k"] = c.part(_CURSOR, i=i, source=source, before=before, after=after)
        checks.append("SELECT i, 'cursor' FROM k WHERE coalesce(stands, 0) <> before")
    reserved = [(i, r.scope, r.digest, r.stream_id, r.request, r.answer)
                for i, a in enumerate(batch) for r in a.reserve]  # fmt: skip
    if reserved:
        i, scope, digest, stream, request, answer = _columns(reserved)
        parts["r"] = c.part(_RESERVED, i=i, scope=scope, digest=digest, stream=stream, request=request,
                            answer=answer)  # fmt: skip
        checks.append("SELECT i, 'taken' FROM r WHERE owner <> stream")
    done = [(i, d.task_id, d.lease) for i, a in enumerate(batch) for d in a.done]
    if done:
        i, task, lease = _columns(done)
        parts["d"] = c.part(_DONE, i=i, id=task, lease=lease)
        checks.append("SELECT i, 'task' FROM d WHERE NOT held")
    return parts, checks


def _verdict(checks: list[str], indexes: str, reserves: bool) -> str:
    scope = "(SELECT r.scope FROM r WHERE r.i = c.i AND r.owner <> r.stream LIMIT 1)" if reserves else "NULL"
    if not checks:
        return f"verdict AS MATERIALIZED (SELECT i, 'ok' AS state, NULL AS scope FROM {indexes})"  # noqa: S608
    found = " UNION ALL ".join(checks)
    return (
        f"verdict AS MATERIALIZED (SELECT c.i, coalesce(f.state, 'ok') AS state, "  # noqa: S608
        f"CASE WHEN f.state = 'taken' THEN {scope} END AS scope FROM {indexes} "
        f"LEFT JOIN (SELECT i, min(state) AS state FROM ({found}) AS x(i, state) "
        "WHERE state IS NOT NULL GROUP BY i) f USING (i))"
    )


def _event_writes(c: _Composer, batch: Sequence[Append], epoch: int) -> list[str]:
    events = [
        (i, s.stream_id, v, e.event_id, e.name, e.schema_version, e.payload, e.meta)
        for i, a in enumerate(batch) for s in a.streams
        for v, e in enumerate(s.events, s.expected_version + 1)
    ]  # fmt: skip
    if not events:
        return []
    i, stream, v, id_, name, sv, payload, meta = _columns(events)
    return [c.part(_WRITE_EVENTS, epoch=epoch, i=i, stream=stream, v=v, id=id_, name=name, sv=sv,
                   payload=payload, meta=meta)]  # fmt: skip


def _side_writes(c: _Composer, batch: Sequence[Append], judged: dict[str, str]) -> list[str]:
    writes = [text for part, text in (("r", _WRITE_RESERVED), ("d", _WRITE_DONE), ("k", _WRITE_CURSOR))
              if part in judged]  # fmt: skip
    released = [(i, r.scope, r.digest, r.stream_id) for i, a in enumerate(batch) for r in a.release]
    if released:
        i, scope, digest, stream = _columns(released)
        writes.append(c.part(_WRITE_RELEASED, i=i, scope=scope, digest=digest, stream=stream))
    tasks = [(i, t.task_id, t.kind, t.dedupe, t.payload, t.meta, t.due_at)
             for i, a in enumerate(batch) for t in a.tasks]  # fmt: skip
    if tasks:
        i, id_, kind, dedupe, payload, meta, due = _columns(tasks)
        writes.append(c.part(_WRITE_TASKS, i=i, id=id_, kind=kind, dedupe=dedupe, payload=payload, meta=meta,
                             due=due))  # fmt: skip
    return writes


def _row_writes(c: _Composer, batch: Sequence[Append]) -> list[str]:
    groups: dict[tuple[str, tuple[str, ...] | None], list[tuple[int, Row]]] = {}
    for i, append in enumerate(batch):
        for row in append.rows.values():
            columns = None if row.values is None else tuple(sorted(row.values))
            groups.setdefault((row.table.name, columns), []).append((i, row))
    return [_row_write(c, n, columns, rows) for n, ((_, columns), rows) in enumerate(sorted(
        groups.items(), key=lambda g: (g[0][0], g[0][1] or ())))]  # fmt: skip


def _document(table: Table, row: Row) -> str:
    values = dict(zip(table.key, row.key, strict=True)) | dict(row.values or {})
    hexed = {name: f"\\x{v.hex()}" if isinstance(v, bytes) else v for name, v in values.items()}
    return _json.encode(hexed).decode()


def _row_write(c: _Composer, n: int, columns: tuple[str, ...] | None, rows: list[tuple[int, Row]]) -> str:
    table = rows[0][1].table
    documents = [_document(table, row) for _, row in rows]
    source = c.part(
        "unnest({i}::int[], {doc}::jsonb[]) AS m(i, doc) JOIN ok USING (i), "
        f"LATERAL jsonb_populate_record(NULL::{table.name}, m.doc) AS p",
        i=[i for i, _ in rows],
        doc=documents,
    )
    if columns is None:
        gone = " AND ".join(f"t.{k} = p.{k}" for k in table.key)
        return f"w_row_{n} AS (DELETE FROM {table.name} t USING {source} WHERE {gone})"  # noqa: S608
    match = " AND ".join(f"t.{k} = p.{k}" for k in table.key)
    names = ", ".join((*table.key, *columns))
    picked = ", ".join(f"p.{name}" for name in (*table.key, *columns))
    sets = "" if table.write_once else ", ".join(f"{name} = excluded.{name}" for name in columns)
    insert = (  # a row that is not there yet; NOT NULL is checked before the conflict, so not an upsert alone
        f"w_row_{n} AS (INSERT INTO {table.name} AS t ({names}) SELECT {picked} FROM {source} "  # noqa: S608
        f"WHERE NOT EXISTS (SELECT FROM {table.name} t WHERE {match}) "
        f"ORDER BY {', '.join(f'p.{k}' for k in table.key)} "
        f"ON CONFLICT ({', '.join(table.key)}) {f'DO UPDATE SET {sets}' if sets else 'DO NOTHING'})"
    )
    if not sets:
        return insert
    patched = ", ".join(f"{name} = p.{name}" for name in columns)
    update = f"w_patch_{n} AS (UPDATE {table.name} t SET {patched} FROM {source} WHERE {match})"  # noqa: S608
    return f"{update},\n{insert}"
