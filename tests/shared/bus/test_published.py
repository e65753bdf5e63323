"""What a public event says of the stored one."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import BaseModel

from shared.bus.published import Published
from shared.domain import Aggregate, Created, stored
from shared.ids import new_id
from shared.log import Meta
from shared.log.reading import Recorded


@stored("published_test.lamp_lit")
class LampLit(Created):
    """A lamp was lit."""

    street: str
    watts: int

    def apply(self, aggregate: "Lamp") -> None:
        """It has no state."""


class Lamp(Aggregate):
    """A street lamp."""

    BEGINS = (LampLit,)


class LampNews(BaseModel):
    """A lamp shines."""

    lamp_id: UUID
    street: str
    stream_version: int
    colour: str = "white"


class Nameless(BaseModel):
    street: str


class TwoIds(BaseModel):
    """Of which lamp, and of whom?"""

    lamp_id: UUID
    owner_id: UUID


EXAMPLE = LampNews(lamp_id=UUID(int=1), street="Seestraße", stream_version=1)


def lit(lamp_id: UUID) -> LampLit:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    made = Lamp.begin(LampLit, id=lamp_id, now=at, street="Seestraße", watts=9)
    (event,) = made.pending_events
    assert isinstance(event, LampLit)
    return event


class TestFieldsOfTheSameName:
    def test_are_copied_with_the_streams_id_and_version(self) -> None:
        published, lamp = Published("lamps"), new_id()
        with pytest.raises(TypeError, match="colour"):
            published.add(LampLit, EXAMPLE)

        class LampShines(BaseModel):
            """A lamp shines."""

            lamp_id: UUID
            street: str
            stream_version: int

        published.add(LampLit, LampShines(lamp_id=lamp, street="", stream_version=1))
        recorded = Recorded(lit(lamp), new_id(), "published_test.lamp_lit", Meta())
        envelope = published.envelope(recorded, 7)
        assert envelope is not None
        assert envelope.type == "lamps.lamp_shines.v1"
        assert envelope.data == {"lamp_id": str(lamp), "street": "Seestraße", "stream_version": 1}

    def test_cannot_tell_one_missing_id_from_another(self) -> None:
        with pytest.raises(TypeError, match=r"lamp_id.*owner_id"):
            Published("lamps").add(LampLit, TwoIds(lamp_id=new_id(), owner_id=new_id()))


def test_an_event_without_a_meaning_is_refused() -> None:
    with pytest.raises(TypeError, match="lacks the line"):
        Published("lamps").add(LampLit, Nameless(street=""))
