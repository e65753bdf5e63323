"""The gate: no change of the code breaks a published schema or makes an old log unreadable."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.domain import decode
from tests.architecture.stored_names import frozen as frozen_names
from tests.contracts.compatible import broken
from tests.contracts.freezing import KEY, PUBLIC, STORED, STREAM, VERSION, published, stored

stored()  # imports every domain, so that each name is known

GENERATOR = "python -m tests.contracts.freezing"
SCHEMAS = sorted(PUBLIC.glob("*.json"))
EXAMPLES = sorted(STORED.glob("*.json"))
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["case_id", "fee"],
    "properties": {
        "case_id": {"type": "string", "format": "uuid", "title": "Case"},
        "fee": {"$ref": "#/$defs/Fee"},
        "reason": {"enum": ["a", "b"]},
    },
    "$defs": {"Fee": {"type": "object", "properties": {"cents": {"type": "integer"}}, "required": ["cents"]}},
}


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


@pytest.fixture(autouse=True, scope="module")
def registered() -> None:
    """Every domain is imported, also what no public event stands for."""
    stored()


class TestPublicEvents:
    @pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
    def test_keep_what_was_promised(self, file: Path) -> None:
        now = dict(published())
        assert file.stem in now, "a published event is never dropped: its consumers still wait for it"
        assert broken(read(file), now[file.stem]) == [], "give the event a new version beside the old one"

    def test_are_all_frozen(self) -> None:
        frozen = {file.stem: read(file) for file in SCHEMAS}
        assert frozen == dict(published()), f"new: run `{GENERATOR}`"


class TestStoredEvents:
    @pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
    def test_of_every_version_still_decode(self, file: Path) -> None:
        kept = read(file)
        payload = json.dumps(kept["payload"]).encode()
        event = decode(STREAM, VERSION, kept["name"], kept["schema"], payload, KEY)
        says = {name: getattr(event, name) for name in kept["says"] if hasattr(event, name)}
        assert json.loads(msgspec.json.encode(says)) == kept["says"]

    def test_have_an_example_of_each_version(self) -> None:
        wanted = {f"{kind.name}.v{version}" for kind in stored() for version in range(1, kind.version + 1)}
        assert {file.stem for file in EXAMPLES} == wanted, f"new: run `{GENERATOR}`"
        assert {name.rpartition(".v")[0] for name in wanted} == set(frozen_names())


class TestTheGate:
    """Each rule broken once."""

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (lambda it: it["properties"].pop("reason"), "reason: removed or renamed"),
            (lambda it: it["properties"]["case_id"].update(type="integer"), "case_id: retyped"),
            (lambda it: it["properties"]["case_id"].pop("format"), "case_id: retyped"),
            (lambda it: it["properties"]["reason"]["enum"].append("c"), "reason: retyped"),
            (lambda it: it["required"].append("reason"), "reason: newly required"),
            (lambda it: it["required"].remove("case_id"), "case_id: no longer always there"),
            (lambda it: it["$defs"]["Fee"]["properties"].clear(), "fee.cents: removed or renamed"),
        ],
    )
    def test_refuses_what_breaks_a_consumer(self, change: Callable[[Any], Any], fault: str) -> None:
        changed = copy.deepcopy(SCHEMA)
        change(changed)
        assert broken(SCHEMA, changed) == [fault]

    @pytest.mark.parametrize(
        "change",
        [
            lambda it: it["properties"].update(more={"type": "string"}),
            lambda it: it["properties"]["case_id"].update(title="Vorgang", description="said better"),
            lambda it: it["$defs"]["Fee"]["properties"].update(currency={"type": "string"}),
        ],
    )
    def test_allows_what_only_adds(self, change: Callable[[Any], Any]) -> None:
        changed = copy.deepcopy(SCHEMA)
        change(changed)
        assert broken(SCHEMA, changed) == []
