"""Whether a public event still keeps what its frozen schema promised.

A consumer may rely on every field that was there, on its type, and on what was always sent. What may come is
an optional field. Everything else is a new version of the event beside the old one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

PROSE = frozenset({"title", "description", "default", "examples"})


def broken(frozen: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """One sentence for each promise that `now` breaks; both are JSON Schemas of an object."""
    return list(_broken(_plain(frozen, frozen), _plain(now, now), ""))


def _broken(before: Any, after: Any, path: str) -> Iterator[str]:
    fields, given = before["properties"], after["properties"]
    for name in sorted(fields.keys() - given.keys()):
        yield f"{path}{name}: removed or renamed"
    for name in sorted(fields.keys() & given.keys()):
        if _is_object(fields[name]) and _is_object(given[name]):
            yield from _broken(fields[name], given[name], f"{path}{name}.")
        elif fields[name] != given[name]:
            yield f"{path}{name}: retyped"
    was, must = set(before.get("required", ())), set(after.get("required", ()))
    yield from (f"{path}{name}: newly required" for name in sorted(must - was))
    yield from (f"{path}{name}: no longer always there" for name in sorted((was - must) & given.keys()))


def _is_object(schema: Any) -> bool:
    return isinstance(schema, dict) and "properties" in schema


def _plain(schema: Any, root: Mapping[str, Any]) -> Any:
    """Without prose, and with every reference replaced by what it refers to."""
    if isinstance(schema, list):
        return [_plain(one, root) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "properties" in schema:
        kept = {name: _plain(one, root) for name, one in schema["properties"].items()}
        rest = {key: value for key, value in schema.items() if key not in PROSE | {"properties", "$defs"}}
        return {**rest, "properties": kept}
    return {key: _plain(value, root) for key, value in schema.items() if key not in PROSE | {"$defs"}}
