"""A small world in which everything holds, to be corrupted: one application, from submission to permit."""

from collections import Counter
from dataclasses import replace
from typing import Any, Final

from services.documents.domain.document import document_id
from shared.ids import derived_id
from tests.faults.world import Answer, Chain, Fact, Feed, Line, Published, Sale, Series, World

CASE: Final = "0197f3c0-0000-7000-8000-000000000001"
CLAIM: Final = str(derived_id("claim", CASE))
PERMIT: Final = str(document_id(CASE, "resident_parking_permit"))  # type: ignore[arg-type]
CHARGE: Final = "charge-1"
SOURCES: Final = {
    "identity": ("applications", "documents"),
    "applications": ("documents", "payments"),
    "payments": ("applications",),
    "documents": ("applications", "payments"),
}


def fact(service: str, stream: str, version: int, name: str, *, public: bool = True, **data: Any) -> Fact:
    return Fact(service, stream, version, f"{service}-{stream}-{version}", f"{service}.{name}", data,
                public=public)  # fmt: skip


FACTS: Final = (
    fact("applications", CASE, 1, "application_submitted", account_id="a-1", fee_due="before_decision"),
    fact("applications", CASE, 2, "register_answered", public=False),
    fact("applications", CASE, 3, "fee_settled", public=False),
    fact("applications", CASE, 4, "application_approved"),
    fact("applications", CASE, 5, "application_completed"),
    fact("payments", CLAIM, 1, "payment_requested", case_id=CASE, kassenzeichen="47112600000012"),
    fact("payments", CLAIM, 2, "payment_settled", case_id=CASE, reference=CHARGE, amount_cents=3060),
    fact("documents", PERMIT, 1, "document_issued", case_id=CASE, kind="resident_parking_permit",
         store_key="documents/permit"),
)  # fmt: skip


def feed_of(service: str, facts: tuple[Fact, ...]) -> Feed:
    public = [one for one in facts if one.service == service and one.public]
    rows = tuple(Published(n, one.event_id, one.stream, one.version) for n, one in enumerate(public, 1))
    return Feed(rows, len(rows), len(rows))


def sound() -> World:
    """Nothing is wrong with it."""
    feeds = {service: feed_of(service, FACTS) for service in SOURCES}
    return World(
        facts=FACTS,
        feeds=feeds,
        cursors={(who, source): feeds[source].head for who, listed in SOURCES.items() for source in listed},
        ledger=(
            Line(CLAIM, 1, "receivable", 3060), Line(CLAIM, 1, "revenue:parking", -3060),
            Line(CLAIM, 2, "provider:girocheckout", 3060), Line(CLAIM, 2, "receivable", -3060),
        ),
        sales=(Sale(CHARGE, "47112600000012", "paid", 3060),),
        balance_cents=3060,
        series=(Series("permits", 2, (2,), frozenset({1})),),
        models={"payments.claim": ("1 rows abc", "1 rows abc")},
        files=frozenset({"documents/permit"}),
        chains=chains_of(FACTS),
        answers=(Answer("citizen-1", CASE),),
    )  # fmt: skip


def chains_of(facts: tuple[Fact, ...]) -> dict[str, Chain]:
    return {name: Chain(1, count) for name, count in Counter(one.service for one in facts).items()}


def without(world: World, name: str) -> World:
    """The world in which an event never happened; its feeds and cursors say nothing of it."""
    return with_facts(world, tuple(one for one in world.facts if one.name != name))


def twice(world: World, name: str, **data: Any) -> World:
    """The world in which an event happened once more, with what is said differently of it."""
    one = next(one for one in world.facts if one.name == name)
    last = max(other.version for other in world.facts if other.stream == one.stream)
    again = replace(one, version=last + 1, event_id=f"{one.event_id}-again", data={**one.data, **data})
    return with_facts(world, (*world.facts, again))


def with_facts(world: World, facts: tuple[Fact, ...]) -> World:
    feeds = {service: feed_of(service, facts) for service in world.feeds}
    cursors = {pair: feeds[pair[1]].head for pair in world.cursors}
    return replace(world, facts=facts, feeds=feeds, cursors=cursors, chains=chains_of(facts))
