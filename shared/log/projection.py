"""Read models whose rows ride with the append, so that a citizen reads their own write."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from shared.domain import Event
from shared.keys import DataKey
from shared.log.append import Row, Table
from shared.log.reading import Meta

E = TypeVar("E", bound=Event)
Patch = tuple[Table, tuple[Any, ...], Mapping[str, Any] | None]


class Sealer:
    """Seals a personal value of a row; the same value at the same place gives the same bytes."""

    def __init__(self, key: DataKey | None) -> None:
        self._key = key

    def __call__(self, table: Table, key: tuple[Any, ...], column: str, plain: bytes) -> bytes | None:
        """Sealed bytes, or None once the citizen's key is destroyed."""
        if self._key is None:
            return None
        return self._key.seal_same(plain, row_aad(table, key, column))


def row_aad(table: Table, key: tuple[Any, ...], column: str) -> bytes:
    """The place that a sealed row value is bound to."""
    return f"{table.name}|{'|'.join(map(str, key))}|{column}".encode()


Projector = Callable[[Any, Meta, Sealer], Iterable[Patch]]


class Projections:
    """Functions `(event, meta, seal) -> patches`, by event class; pure, so a rebuild gives the same rows.

    A patch is (table, key values, column values or None to delete). Columns not named keep their value.
    """

    def __init__(self) -> None:
        self._on: dict[type[Event], list[Projector]] = {}
        self.tables: dict[str, Table] = {}

    def table(
        self, name: str, key: tuple[str, ...], columns: tuple[str, ...], *, write_once: bool = False
    ) -> Table:
        """Declares a read model; its DDL, with the grant to `{app}`, lives in the service's migrations.

        `key` are the primary key's columns in order, `columns` those that a patch may set. Rows of a
        `write_once` table keep their first values.
        """
        table = self.tables[name] = Table(name, key, columns, write_once)
        return table

    def on(self, *event_classes: type[Event]) -> Callable[[Projector], Projector]:
        """Registers a projector for these events: `(event, meta, seal)` to patches. Pure: no clock, no id."""

        def register(project: Projector) -> Projector:
            for cls in event_classes:
                self._on.setdefault(cls, []).append(project)
            return project

        return register

    def patches(self, event: Event, meta: Meta, key: DataKey | None) -> Iterable[Patch]:
        """What one event changes, in order."""
        projectors = self._on.get(type(event))
        if projectors is None:
            return
        seal = Sealer(key)
        for project in projectors:
            yield from project(event, meta, seal)

    def rows(self, event: Event, meta: Meta, key: DataKey | None) -> Iterable[Row]:
        """The same as rows of an append."""
        for table, place, values in self.patches(event, meta, key):
            yield Row(table, place, values)
