"""What the portal and its bank have written down, as plain data: all that the invariants look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.documents.domain.document import document_id
from shared.ids import derived_id


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a log. `data` holds its fields, personal ones redacted; `place` is its order there."""

    service: str
    stream: str
    version: int
    event_id: str
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    place: tuple[int, int, int] = (0, 0, 0)
    cause: str = ""
    public: bool = False

    @property
    def case(self) -> str:
        """The case it is about; empty for an account's."""
        return self.stream if self.service == "applications" else str(self.data.get("case_id", ""))


@dataclass(frozen=True, slots=True)
class Published:
    """One row of a public feed."""

    sequence: int
    event_id: str
    stream: str
    stream_version: int


@dataclass(frozen=True, slots=True)
class Feed:
    """A service's public feed: its rows, what its head says, how far the broker has confirmed."""

    rows: tuple[Published, ...] = ()
    head: int = 0
    relayed: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger."""

    claim: str
    version: int
    account: str
    cents: int


@dataclass(frozen=True, slots=True)
class Sale:
    """What the bank knows of one transaction."""

    reference: str
    kassenzeichen: str
    state: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Series:
    """An official number range: how many were given, which are in use, which gaps are explained."""

    name: str
    given: int
    used: tuple[int, ...]
    explained: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a citizen was told: the case that was accepted, or how it was refused."""

    citizen: str
    case: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """The audit chain of one log: how much is under seals, how much not, and what verification found."""

    seals: int = 0
    events: int = 0
    unsealed: int = 0
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """Everything, read once all is at rest."""

    facts: tuple[Fact, ...] = ()
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    cursors: Mapping[tuple[str, str], int] = field(default_factory=dict)
    unfinished: tuple[str, ...] = ()
    ledger: tuple[Line, ...] = ()
    sales: tuple[Sale, ...] = ()
    balance_cents: int = 0
    series: tuple[Series, ...] = ()
    models: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    chains: Mapping[str, Chain] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()

    def named(self, name: str) -> Iterator[Fact]:
        return (fact for fact in self.facts if fact.name == name)

    def about(self, case: str) -> list[Fact]:
        """The history of a case across the services, in the order of each log."""
        ours = {case, str(derived_id("claim", case))}
        ours |= {str(document_id(case, kind)) for kind in ("resident_parking_permit", "receipt")}  # type: ignore[arg-type]
        return [fact for fact in self.facts if fact.case == case or fact.stream in ours]

    def of_stream(self, stream: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.stream == stream]
