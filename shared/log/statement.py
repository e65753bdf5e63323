"""One set-based statement for a whole flush: every append is judged, those found good are written.

A loser does not disturb its neighbours: what belongs to it is filtered out. Parts that no append of the flush
uses are left out of the text, so that the few shapes that occur are composed and prepared once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import msgspec

from shared.log.append import Append, Row, Table

_json = msgspec.json.Encoder()

SETTINGS: Final = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"
"""For the connection that these statements run on. To plan one takes as long as to run it, and PostgreSQL,
which finds a plan for the very arrays at hand a little cheaper, would do it each time. A plan kept from when
a table was empty has to be good when it is not: it never reads a table from end to end."""

_STREAMS = """s AS (
 SELECT s.i, CASE WHEN n.again THEN 'done' ELSE 'version' END AS state
 FROM unnest({i}::int[], {stream}::uuid[], {v}::int[], {first}::uuid[]) AS s(i, stream, v, first),
 LATERAL (SELECT bool_or(e.version > s.v) AS moved_on,
    bool_or(e.version > s.v AND e.event_id = s.first) AS again,
    bool_or(e.version = s.v AND (e.epoch < {epoch} OR e.xid <= pg_current_xact_id())) AS seen
   FROM event e WHERE e.stream_id = s.stream AND e.version BETWEEN s.v AND s.v + 1) n
 WHERE n.moved_on OR (s.v > 0 AND n.seen IS NOT TRUE))"""
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
 WHERE {good} ORDER BY e.stream, e.v)"""
_WRITE_RESERVED = """w_reserve AS (
 INSERT INTO reservation (scope, digest, stream_id, request, answer)
 SELECT e.scope, e.digest, e.stream, e.request, e.answer FROM r AS e
 WHERE {good} AND e.owner IS NULL ORDER BY e.scope, e.digest)"""
_WRITE_RELEASED = """w_release AS (
 DELETE FROM reservation x
 USING unnest({i}::int[], {scope}::text[], {digest}::bytea[], {stream}::uuid[]) AS e(i, scope, digest, stream)
 WHERE {good} AND x.scope = e.scope AND x.digest = e.digest AND x.stream_id = e.stream)"""
_WRITE_TASKS = """w_task AS (
 INSERT INTO task (task_id, kind, dedupe, payload, meta, due_at)
 SELECT e.id, e.kind, e.dedupe, e.payload, e.meta, e.due
 FROM unnest({i}::int[], {id}::uuid[], {kind}::text[], {dedupe}::text[], {payload}::jsonb[], {meta}::jsonb[],
   {due}::timestamptz[]) AS e(i, id, kind, dedupe, payload, meta, due)
 WHERE {good} ORDER BY e.kind, e.dedupe, e.id ON CONFLICT DO NOTHING)"""
_WRITE_DONE = """w_done AS (
 UPDATE task t SET done_at = now(), lease = NULL, lease_until = NULL, last_error = NULL
 FROM d AS e WHERE {good} AND t.task_id = e.id)"""
_WRITE_CURSOR = """w_cursor AS (
 UPDATE inbox_cursor c SET sequence = e.after FROM k AS e
 WHERE {good} AND c.source = e.source AND e.stands IS NOT NULL),
w_cursor_new AS (
 INSERT INTO inbox_cursor (source, sequence) SELECT e.source, e.after FROM k AS e
 WHERE {good} AND e.stands IS NULL)"""


@dataclass(frozen=True, slots=True)
class _Part:
    """What appends have of one kind: the columns of its arrays, how it is judged and written."""

    columns: tuple[str, ...]
    judge: str = ""
    check: str = ""
    write: str = ""


_PARTS: Final = {
    "streams": _Part(("i", "stream", "v", "first"), _STREAMS, "SELECT i, state, NULL FROM s"),
    "events": _Part(("i", "stream", "v", "id", "name", "sv", "payload", "meta"), write=_WRITE_EVENTS),
    "cursors": _Part(("i", "source", "before", "after"), _CURSOR,
                     "SELECT i, 'cursor', NULL FROM k WHERE coalesce(stands, 0) <> before",
                     _WRITE_CURSOR),
    "reserve": _Part(("i", "scope", "digest", "stream", "request", "answer"), _RESERVED,
                     "SELECT i, 'taken', scope FROM r WHERE owner <> stream", _WRITE_RESERVED),
    "done": _Part(("i", "id", "lease"), _DONE, "SELECT i, 'task', NULL FROM d WHERE NOT held", _WRITE_DONE),
    "release": _Part(("i", "scope", "digest", "stream"), write=_WRITE_RELEASED),
    "tasks": _Part(("i", "id", "kind", "dedupe", "payload", "meta", "due"), write=_WRITE_TASKS),
}  # fmt: skip
_NUMBERS: Final = frozenset({"i", "v", "sv", "before", "after"})
_IDS: Final = frozenset({"stream", "first", "id", "lease"})
"""Arrays of these are sent as PostgreSQL writes them, `{1,2}`: asyncpg asks of each element of an array twice
whether it is an array itself, which takes longer than all else that is done with a number."""
_LOST: Final = """lost AS MATERIALIZED (
 SELECT i, min(state) AS state, min(scope) AS scope FROM ({}) AS x(i, state, scope) GROUP BY i)"""
_ALL: Final = "true"
_NOT_LOST: Final = "e.i <> ALL (ARRAY(SELECT l.i FROM lost l))"

Rows = tuple[Table, tuple[str, ...] | None]
"""A table and the columns that patches set; None where rows are deleted."""


@dataclass(slots=True)
class Statement:
    """SQL text and its arguments, in order."""

    text: str
    args: list[Any] = field(default_factory=list)


def compose(batch: Sequence[Append], epoch: int) -> Statement:
    """The statement for a flush; its result has a row (i, state, scope) for each append not written now.

    States: `done` (written before, by an ambiguous commit), `cursor`, `version`, `taken`, `task`.
    Guarantee: no two appends of the batch share a key (see `Append.keys`).
    """
    parts = _gather(batch)
    rows = _row_groups(batch)
    text = _text(tuple(parts), tuple(rows))
    args: list[Any] = [epoch]
    for name, found in parts.items():
        columns = zip(*found, strict=True)
        args += [_array(column, values) for column, values in zip(_PARTS[name].columns, columns, strict=True)]
    for (table, _), patches in rows.items():
        args += [_array("i", [i for i, _ in patches]), [_document(table, row) for _, row in patches]]
    return Statement(text, args)


def _array(column: str, values: Sequence[Any]) -> Any:
    if column in _NUMBERS:
        return f"{{{','.join(map(str, values))}}}"
    if column in _IDS:
        return f"{{{','.join([value.hex for value in values])}}}"
    return values


def _gather(batch: Sequence[Append]) -> dict[str, list[tuple[Any, ...]]]:
    parts: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _PARTS}
    streams, events, cursors, reserve, done, release, tasks = parts.values()
    for i, append in enumerate(batch):
        for s in append.streams:
            streams.append((i, s.stream_id, s.expected_version, s.events[0].event_id))
            for v, e in enumerate(s.events, s.expected_version + 1):
                events.append((i, s.stream_id, v, e.event_id, e.name, e.schema_version, e.payload, e.meta))
        if append.cursor is not None:
            cursors.append((i, append.cursor.source, append.cursor.before, append.cursor.after))
        for r in append.reserve:
            reserve.append((i, r.scope, r.digest, r.stream_id, r.request, r.answer))
        for d in append.done:
            done.append((i, d.task_id, d.lease))
        for r in append.release:
            release.append((i, r.scope, r.digest, r.stream_id))
        for t in append.tasks:
            tasks.append((i, t.task_id, t.kind, t.dedupe, t.payload, t.meta, t.due_at))
    return {name: found for name, found in parts.items() if found}


def _row_groups(batch: Sequence[Append]) -> dict[Rows, list[tuple[int, Row]]]:
    groups: dict[Rows, list[tuple[int, Row]]] = {}
    for i, append in enumerate(batch):
        for row in append.rows.values():
            columns = None if row.values is None else tuple(sorted(row.values))
            groups.setdefault((row.table, columns), []).append((i, row))
    if len(groups) < 2:
        return groups
    return dict(sorted(groups.items(), key=lambda group: (group[0][0].name, group[0][1] or ())))


def _document(table: Table, row: Row) -> str:
    values = dict(zip(table.key, row.key, strict=True)) | dict(row.values or {})
    hexed = {name: f"\\x{v.hex()}" if isinstance(v, bytes) else v for name, v in values.items()}
    return _json.encode(hexed).decode()


@lru_cache(maxsize=1_000)
def _text(parts: tuple[str, ...], rows: tuple[Rows, ...]) -> str:
    """The statement's text for parts and rows that occur; `$1` is the epoch, arrays follow in order."""
    number = 1
    checks = [_PARTS[name].check for name in parts if _PARTS[name].check]
    good = _NOT_LOST if checks else _ALL
    judges, writes = ["epoch AS (SELECT $1::int AS epoch)"], []
    for name in parts:
        part = _PARTS[name]
        places = {
            column: f"${number + n}::text" if column in _NUMBERS | _IDS else f"${number + n}"
            for n, column in enumerate(part.columns, 1)
        }
        number += len(places)
        places |= {"good": good, "epoch": "$1"}
        if part.judge:
            judges.append(part.judge.format(**places))
        if part.write:
            writes.append(part.write.format(**places))
    if checks:
        judges.append(_LOST.format(" UNION ALL ".join(checks)))
    for n, (table, columns) in enumerate(rows):
        writes.append(_row_write(n, table, columns, f"${number + 1}", f"${number + 2}", good))
        number += 2
    told = "lost" if checks else "(SELECT 0, '', '' WHERE false) AS x(i, state, scope)"
    ctes = ",\n".join((*judges, *writes))
    return f"WITH {ctes}\nSELECT i, state, scope FROM {told}"


def _row_write(
    n: int, table: Table, columns: tuple[str, ...] | None, i: str, documents: str, good: str
) -> str:
    source = (
        f"(SELECT p.* FROM unnest({i}::text::int[], {documents}::jsonb[]) AS e(i, doc), "  # noqa: S608
        f"LATERAL jsonb_populate_record(NULL::{table.name}, e.doc) AS p WHERE {good})"
    )
    match = " AND ".join(f"t.{k} = p.{k}" for k in table.key)
    if columns is None:
        return f"w_row_{n} AS (DELETE FROM {table.name} t USING {source} AS p WHERE {match})"  # noqa: S608
    names = ", ".join((*table.key, *columns))
    sets = "" if table.write_once else ", ".join(f"{name} = excluded.{name}" for name in columns)
    place = ", ".join(table.key)
    on_conflict = f"ON CONFLICT ({place}) {f'DO UPDATE SET {sets}' if sets else 'DO NOTHING'}"
    insert = f"w_row_{n} AS (INSERT INTO {table.name} AS t ({names}) SELECT {names} FROM "  # noqa: S608
    if set(columns) == set(table.columns):
        return f"{insert}{source} AS p ORDER BY {place} {on_conflict})"
    # a row that is not there yet: NOT NULL is checked before the conflict, so not an upsert alone
    missing = f"AS p WHERE NOT EXISTS (SELECT FROM {table.name} t WHERE {match}) ORDER BY {place}"
    if not sets:
        return f"{insert}{source} {missing} {on_conflict})"
    patched = ", ".join(f"{name} = p.{name}" for name in columns)
    patch = f"UPDATE {table.name} t SET {patched} FROM m_{n} AS p WHERE {match}"  # noqa: S608
    ours = f"m_{n} AS MATERIALIZED {source},\nw_patch_{n} AS ({patch}),\n"
    return f"{ours}{insert}m_{n} {missing} {on_conflict})"
