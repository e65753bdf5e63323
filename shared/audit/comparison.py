"""Compares an interval of the log with its seal, and names the events that were touched.

The root decides. The listing that lies beside a seal in the database is believed only where it hashes to
that root; then it says which event was edited, dropped, swapped, moved or put in.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from shared.audit.entries import Entry, Place, unlisted
from shared.audit.findings import Kind, Violation
from shared.audit.merkle import root_of
from shared.audit.seals import Statement

_NAMED: Final = 3


def compare(statement: Statement, actual: Sequence[Entry], listing: bytes) -> Iterator[Violation]:
    """What is wrong in the interval; nothing when the events hash to the seal's root."""
    if len(actual) == statement.count and _root(actual) == statement.root:
        return
    sealed = _believed(statement, listing)
    if sealed is None:
        yield _untold(statement, len(actual))
        return
    before = {entry.place: entry.content for entry in sealed}
    now = {entry.place: entry.content for entry in actual}
    gone = {place: content for place, content in before.items() if place not in now}
    come = {place: content for place, content in now.items() if place not in before}
    changed = {place for place in before.keys() & now.keys() if before[place] != now[place]}
    exchanged = {before[place] for place in changed}
    swapped = {place for place in changed if now[place] in exchanged}
    moved = {place for place, content in come.items() if content in gone.values()}
    left = {place for place, content in gone.items() if content not in come.values()}
    found: list[tuple[Kind, set[Place]]] = [
        ("dropped", left),
        ("moved", moved),
        ("inserted", come.keys() - moved),
        ("swapped", swapped),
        ("edited", changed - swapped),
    ]
    for kind, places in found:
        if places:
            yield Violation(kind, statement.number, _sentence(kind, statement, places))


def _root(entries: Sequence[Entry]) -> str:
    return root_of(entry.leaf() for entry in entries).hex()


def _believed(statement: Statement, listing: bytes) -> list[Entry] | None:
    try:
        entries = list(unlisted(listing))
    except ValueError:
        return None
    return entries if len(entries) == statement.count and _root(entries) == statement.root else None


def _untold(statement: Statement, count: int) -> Violation:
    kind: Kind = "edited"
    if count != statement.count:
        kind = "dropped" if count < statement.count else "inserted"
    says = (
        f"Seal {statement.number} stands for {statement.count} events {_span(statement)}; there are {count}, "
        "and they do not hash to its root. Its listing was touched too, so which events cannot be told."
    )
    return Violation(kind, statement.number, says)


def _sentence(kind: Kind, statement: Statement, places: set[Place]) -> str:
    named = "; ".join(_place(place) for place in sorted(places)[:_NAMED])
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return f"{len(places)} of {statement.count} events under seal {statement.number} {kind}: {named}{more}."


def _span(statement: Statement) -> str:
    return f"from {_place(statement.first or statement.last)} to {_place(statement.last)}"


def _place(place: Place) -> str:
    return f"epoch {place[0]}, transaction {place[1]}, position {place[2]}"
