"""Freezes what is new: `python -m tests.contracts.freezing`. What is frozen is only ever widened.

A public event's schema takes optional fields in; a breaking change is refused here as in the test. Of a
stored event each version gets one example, as it lies in a log, its personal fields sealed with a test key.
"""

import importlib
import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import msgspec

from shared.bus.published import Published
from shared.domain import encode, stored_names
from shared.domain.registry import StoredType, stored_type
from shared.keys import DataKey
from tests.architecture.deployables import DEPLOYABLES, SERVICES
from tests.contracts.compatible import broken

PUBLIC = Path(__file__).parent / "frozen" / "public"
STORED = Path(__file__).parent / "frozen" / "stored"
KEY = DataKey(bytes(range(32)))
STREAM = UUID("0192b1c4-0000-7000-8000-00000000000c")
VERSION = 3
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SAMPLES: dict[Any, Any] = {
    str: "text", int: 3060, bool: True, date: date(2026, 11, 22), datetime: AT, UUID: STREAM, Any: "value",
}  # fmt: skip


def published() -> Iterator[tuple[str, dict[str, Any]]]:
    """(type, schema of the data) of every public event."""
    for service in SERVICES:
        events: Published = importlib.import_module(f"services.{service}.published").PUBLISHED
        for event in events:
            yield event.type(service), event.model.model_json_schema()


def stored() -> list[StoredType]:
    """Every stored event, each service's domain imported."""
    for service in SERVICES:
        for name in DEPLOYABLES[service].modules():
            if name.startswith(f"services.{service}.domain."):
                importlib.import_module(name)
    return [stored_type(name) for name in stored_names() if name.partition(".")[0] in SERVICES]


def example(kind: StoredType) -> dict[str, Any]:
    """An event as the log keeps it, and what it says in plain."""
    state = {name: sample(kind.hints[name]) for name in kind.fields}
    begun = {"originator_topic": ""} if kind.begins else {}
    made: Any = kind.event_class
    event = made(originator_id=STREAM, originator_version=VERSION, timestamp=AT, **begun, **state)
    name, schema, payload = encode(event, KEY)
    return {
        "name": name, "schema": schema, "payload": json.loads(payload), "says": msgspec.to_builtins(state),
    }  # fmt: skip


def sample(hint: Any) -> Any:
    """A value of a type."""
    if hint in SAMPLES:
        return SAMPLES[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return sample(inner[0])
    if origin is Literal:
        return inner[0]
    if origin in (Union, types.UnionType):
        return sample(next(one for one in inner if one is not type(None)))
    if origin is tuple:
        return tuple(sample(one) for one in inner if one is not Ellipsis)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {sample(inner[0]): sample(inner[1])}
    if isinstance(origin, type) and inner:
        return [sample(inner[0])]
    if is_dataclass(hint):
        hints = {field.name: field.type for field in fields(hint)}
        return hint(**{name: sample(kind) for name, kind in hints.items()})  # type: ignore[operator]
    raise TypeError(f"no sample of {hint}")


def main() -> None:
    """Raises SystemExit when a public event breaks its promise."""
    for folder in (PUBLIC, STORED):
        folder.mkdir(exist_ok=True)
    for kind, schema in published():
        file = PUBLIC / f"{kind}.json"
        faults = broken(json.loads(file.read_text("utf-8")), schema) if file.exists() else []
        if faults:
            raise SystemExit(f"{kind} breaks its promise: {'; '.join(faults)}. Give it a new version.")
        _write(file, schema)
    for event in stored():
        file = STORED / f"{event.name}.v{event.version}.json"
        if not file.exists():
            _write(file, example(event))


def _write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
