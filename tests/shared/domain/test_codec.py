"""Events to bytes and back: every field, every version, every refusal."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.domain import OriginatorVersionError
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import (
    REDACTED,
    Aggregate,
    Created,
    Event,
    NameTaken,
    Personal,
    PersonalWithoutSubject,
    Redacted,
    UnknownEvent,
    decode,
    encode,
    stored,
    stored_names,
)
from shared.keys import DataKey, SealBroken

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KEY = DataKey(os.urandom(32))


@dataclass(frozen=True)
class Address:
    """A value inside an event."""

    street: str
    number: int


@stored("codec.moved_in", version=3)
class MovedIn(Created):
    """Somebody moved in; written in three versions over the years."""

    flat: str
    floor: int
    who: Personal[str]
    old: Personal[Address | None]

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["floor"] = int(state.pop("level"))

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["flat"] = f"{state['flat']}-{state['floor']}"

    def apply(self, aggregate: "Flat") -> None:
        aggregate.who = self.who


@stored("codec.repainted")
class Repainted(Event):
    """New colours."""

    colours: list[str]
    cents: int


class Flat(Aggregate):
    """Somebody's home."""

    BEGINS = (MovedIn,)
    who: str


def moved_in(who: Any = "Zoë Ångström", old: Address | None = None, floor: int = 3) -> Any:
    flat = Flat.begin(MovedIn, id=uuid4(), now=NOW, flat="A", floor=floor, who=who, old=old)
    return flat.pending_events[0]


def back(event: Any, cipher: DataKey | None = KEY, **place: Any) -> Any:
    name, version, payload = encode(event, KEY)
    at = {"stream": event.originator_id, "version": event.originator_version, **place}
    return decode(at["stream"], at["version"], name, version, payload, cipher)


class TestARoundTrip:
    @given(who=st.text(), floor=st.integers(-(2**63), 2**63 - 1), street=st.none() | st.text())
    def test_gives_back_every_field(self, who: str, floor: int, street: str | None) -> None:
        old = None if street is None else Address(street, floor)
        event = moved_in(who, old, floor)
        found = back(event)
        assert (found.flat, found.floor, found.who, found.old) == ("A", floor, who, old)
        assert (found.originator_id, found.originator_version, found.timestamp) == (
            event.originator_id,
            1,
            NOW,
        )

    def test_leaves_no_personal_text_in_the_payload(self) -> None:
        _, _, payload = encode(moved_in("Łukasz"), KEY)
        assert "Łukasz".encode() not in payload
        assert b"ukasz" not in payload

    def test_folds_again_after_decoding(self) -> None:
        flat = back(moved_in("Łukasz")).mutate(None)
        assert isinstance(flat, Flat)
        assert (flat.who, flat.version) == ("Łukasz", 1)


class TestACiphertext:
    def test_does_not_open_in_another_stream(self) -> None:
        with pytest.raises(SealBroken):
            back(moved_in(), stream=uuid4())

    def test_does_not_open_at_another_version(self) -> None:
        with pytest.raises(SealBroken):
            back(moved_in(), version=2)

    def test_does_not_open_in_another_field(self) -> None:
        event = moved_in(old=Address("Weg", 1))
        name, version, payload = encode(event, KEY)
        body = msgspec.json.decode(payload)
        body["d"]["who"], body["d"]["old"] = body["d"]["old"], body["d"]["who"]
        with pytest.raises(SealBroken):
            decode(event.originator_id, 1, name, version, msgspec.json.encode(body), KEY)

    def test_does_not_open_with_another_key(self) -> None:
        with pytest.raises(SealBroken):
            back(moved_in(), cipher=DataKey(os.urandom(32)))


class TestAPersonalField:
    def test_reads_as_redacted_without_the_key(self) -> None:
        event = back(moved_in(), cipher=None)
        assert (event.who, event.old, event.flat) == (REDACTED, REDACTED, "A")

    def test_stays_redacted_when_it_is_written_again(self) -> None:
        event = moved_in(who=REDACTED)
        assert back(event).who == REDACTED

    def test_is_refused_without_a_subject(self) -> None:
        with pytest.raises(PersonalWithoutSubject, match="who"):
            encode(moved_in(), None)

    def test_is_false_and_equal_to_itself_when_redacted(self) -> None:
        assert not REDACTED
        assert Redacted() == REDACTED
        assert len({Redacted(), REDACTED}) == 1


class TestAnOldVersion:
    @pytest.mark.parametrize(
        ("schema", "state"),
        [
            (1, {"flat": "A", "level": "4"}),
            (2, {"flat": "A", "floor": 4}),
            (3, {"flat": "A-4", "floor": 4}),
        ],
    )
    def test_is_lifted_step_by_step(self, schema: int, state: dict[str, Any]) -> None:
        payload = msgspec.json.encode({"at": NOW, "d": {**state, "who": None, "old": None}})
        event: Any = decode(UUID(int=1), 1, "codec.moved_in", schema, payload, None)
        assert (event.flat, event.floor) == ("A-4", 4)

    def test_without_its_step_is_refused_at_import(self) -> None:
        class Skipped(Event):
            """Lacks a step."""

        with pytest.raises(TypeError, match="upcast_v1_v2"):
            stored("codec.skipped", version=2)(Skipped)

    def test_newer_than_this_code_is_refused(self) -> None:
        payload = msgspec.json.encode({"at": NOW, "d": {"colours": [], "cents": 1}})
        with pytest.raises(UnknownEvent, match="version 2"):
            decode(UUID(int=1), 1, "codec.repainted", 2, payload, None)


class TestAName:
    def test_unknown_is_said(self) -> None:
        with pytest.raises(UnknownEvent, match=r"codec\.nobody"):
            decode(UUID(int=1), 1, "codec.nobody", 1, b"{}", None)

    def test_belongs_to_one_class(self) -> None:
        class Other(Event):
            """Another."""

        with pytest.raises(NameTaken, match=r"codec\.repainted"):
            stored("codec.repainted")(Other)

    def test_belongs_to_one_class_even_of_the_same_class_name(self) -> None:
        twin = type("Repainted", (Event,), {"__module__": "elsewhere", "__qualname__": "Repainted"})
        with pytest.raises(NameTaken):
            stored("codec.repainted")(twin)

    def test_is_missing_on_a_class_not_registered(self) -> None:
        class Unnamed(Event):
            """Nobody gave it a name."""

        event = Unnamed(originator_id=uuid4(), originator_version=1, timestamp=NOW)
        with pytest.raises(UnknownEvent, match="@stored"):
            encode(event, None)

    def test_is_listed(self) -> None:
        assert {"codec.moved_in", "codec.repainted"} <= set(stored_names())


class TestAnAggregate:
    def test_begins_once(self) -> None:
        event = moved_in()
        flat = event.mutate(None)
        with pytest.raises(ValueError, match="begins a stream"):
            event.mutate(flat)

    def test_refuses_an_event_of_another_version(self) -> None:
        flat = moved_in().mutate(None)
        late: Any = Repainted
        event = late(originator_id=flat.id, originator_version=5, timestamp=NOW, colours=[], cents=1)
        with pytest.raises(OriginatorVersionError):
            event.mutate(flat)
