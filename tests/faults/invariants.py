"""The invariants of the portal, each a function from what is written down to what is wrong with it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.faults.world import Fact, World

SUBMITTED: Final = "applications.application_submitted"
REFERRED: Final = "applications.application_referred"
APPROVED: Final = "applications.application_approved"
COMPLETED: Final = "applications.application_completed"
FEE_SETTLED: Final = "applications.fee_settled"
REQUESTED: Final = "payments.payment_requested"
SETTLED: Final = "payments.payment_settled"
SURPLUS: Final = "payments.surplus_received"
ISSUED: Final = "documents.document_issued"
PROVIDER: Final = "provider:girocheckout"


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, in a sentence, and the case or the stream whose history led to it."""

    invariant: str
    sentence: str
    case: str = ""
    stream: str = ""

    def history(self, world: World) -> list[Fact]:
        return world.about(self.case) if self.case else world.of_stream(self.stream)


Check = Callable[[World], Iterator[Violation]]


def i1_an_accepted_application_is_one_stream_and_ends(world: World) -> Iterator[Violation]:
    """A citizen who was told "accepted" has exactly that one case, and it came to its end."""
    by_account = _by(world.named(SUBMITTED), "account_id")
    begun = Counter(fact.stream for fact in world.named(SUBMITTED))
    ended = {fact.stream for name in (COMPLETED, REFERRED) for fact in world.named(name)}
    for answer in world.answers:
        if answer.refusal:
            yield Violation("I1", f"{answer.citizen} was refused: {answer.refusal}", answer.case)
        elif answer.case and begun[answer.case] != 1:
            found = begun[answer.case]
            yield Violation("I1", f"the accepted case {answer.case} begins {found} times", answer.case)
    for account, cases in by_account.items():
        if len(cases) > 1:
            yield Violation("I1", f"account {account} applied once and has {len(cases)} cases", cases[0].case)
    for case in sorted(begun):
        if case not in ended:
            last = world.about(case)[-1].name
            yield Violation("I1", f"case {case} has come to no end; its last event is {last}", case)


def i2_at_most_one_charge_settles_a_claim(world: World) -> Iterator[Violation]:
    """A second charge of the bank is a surplus that a person sees to, never a second settlement."""
    settled = Counter(fact.stream for fact in world.named(SETTLED))
    for claim, count in settled.items():
        if count > 1:
            yield Violation("I2", f"claim {claim} is settled {count} times", stream=claim)
    taken = Counter(str(f.data["reference"]) for name in (SETTLED, SURPLUS) for f in world.named(name))
    for reference, count in taken.items():
        if count > 1:
            yield Violation(
                "I2", f"the charge {reference} is booked {count} times", _case_of(world, reference)
            )
    for sale in world.sales:
        if sale.state == "paid" and not taken[sale.reference]:
            case = _case_by_mark(world, sale.kassenzeichen)
            yield Violation("I2", f"the bank was paid {sale.reference}, and we do not know of it", case)
    paid = {sale.reference: sale.amount_cents for sale in world.sales if sale.state == "paid"}
    for name in (SETTLED, SURPLUS):
        for fact in world.named(name):
            if paid.get(str(fact.data["reference"])) != fact.data["amount_cents"]:
                yield Violation(
                    "I2", f"{name} of {fact.data['reference']} is not what the bank says", fact.case
                )


def i3_the_ledger_is_the_statement(world: World) -> Iterator[Violation]:
    """Each entry and the whole sum to zero; what the provider owes is its own balance."""
    entries: dict[tuple[str, int], int] = defaultdict(int)
    for line in world.ledger:
        entries[line.claim, line.version] += line.cents
    for (claim, version), cents in entries.items():
        if cents:
            yield Violation("I3", f"entry {version} of claim {claim} sums to {cents} cents", stream=claim)
    owed = sum(line.cents for line in world.ledger if line.account == PROVIDER)
    if owed != world.balance_cents:
        yield Violation("I3", f"the ledger has {owed} cents at the provider, its book {world.balance_cents}")
    booked = {(line.claim, line.version) for line in world.ledger}
    for name in (REQUESTED, SETTLED, SURPLUS):
        for fact in world.named(name):
            if (fact.stream, fact.version) not in booked:
                yield Violation("I3", f"{name} of claim {fact.stream} is not in the ledger", fact.case)


def i4_an_approval_has_one_permit(world: World) -> Iterator[Violation]:
    """Not two, and in the end not none; its file is in the store."""
    permits: dict[str, list[Fact]] = defaultdict(list)
    for fact in world.named(ISSUED):
        if fact.data["kind"] == "resident_parking_permit":
            permits[fact.case].append(fact)
        if str(fact.data["store_key"]) not in world.files:
            yield Violation("I4", f"the file of document {fact.stream} is not in the store", fact.case)
    approved = Counter(fact.stream for fact in world.named(APPROVED))
    for case, count in approved.items():
        if count > 1:
            yield Violation("I4", f"case {case} is approved {count} times", case)
        if len(permits[case]) != 1:
            yield Violation("I4", f"the approved case {case} has {len(permits[case])} permits", case)
    for case in permits.keys() - approved.keys():
        if permits[case]:
            yield Violation("I4", f"case {case} has a permit and no approval", case)


def i5_versions_sequences_and_numbers_have_no_gap(world: World) -> Iterator[Violation]:
    """Stream versions and public sequences count from one; numbers are given once, gaps explained."""
    streams: dict[tuple[str, str], list[int]] = defaultdict(list)
    for fact in world.facts:
        streams[fact.service, fact.stream].append(fact.version)
    for (service, stream), versions in streams.items():
        if sorted(versions) != list(range(1, len(versions) + 1)):
            yield Violation("I5", f"stream {stream} of {service} has versions {versions}", stream=stream)
    ids = Counter(fact.event_id for fact in world.facts)
    yield from (Violation("I5", f"event {one} is there {n} times") for one, n in ids.items() if n > 1)
    yield from _feeds(world)
    yield from _numbers(world)


def _feeds(world: World) -> Iterator[Violation]:
    for service, feed in world.feeds.items():
        sequences = [row.sequence for row in feed.rows]
        if sequences != list(range(1, feed.head + 1)):
            yield Violation("I5", f"the feed of {service} has {len(sequences)} rows up to {feed.head}")
        published = Counter(row.event_id for row in feed.rows)
        for fact in world.facts:
            if fact.service == service and published[fact.event_id] != int(fact.public):
                found = published[fact.event_id]
                text = f"event {fact.name} of {fact.stream} is {found} times in the feed of {service}"
                yield Violation("I5", text, stream=fact.stream)
        reached: dict[str, int] = {}
        for row in feed.rows:
            if reached.get(row.stream, 0) >= row.stream_version:
                text = f"the feed of {service} has stream {row.stream} out of order"
                yield Violation("I5", text, stream=row.stream)
            reached[row.stream] = row.stream_version


def _numbers(world: World) -> Iterator[Violation]:
    for series in world.series:
        for number, count in Counter(series.used).items():
            if count > 1:
                yield Violation("I5", f"number {number} of {series.name} is given {count} times")
            if not 1 <= number <= series.given:
                yield Violation("I5", f"number {number} of {series.name} was never given")
        for number in sorted(set(range(1, series.given + 1)) - set(series.used) - series.explained):
            yield Violation("I5", f"number {number} of {series.name} is missing, and nothing says why")


def i6_read_models_are_the_fold(world: World) -> Iterator[Violation]:
    """The live rows and those folded from the log anew have one checksum."""
    for model, (live, folded) in world.models.items():
        if live != folded:
            yield Violation("I6", f"{model} holds {live}; folded from its log: {folded}")


def i7_every_event_reached_every_subscriber(world: World) -> Iterator[Violation]:
    """The broker has all, every inbox stands at the end, nothing is parked or left undone, each has acted."""
    for service, feed in world.feeds.items():
        if feed.relayed != feed.head:
            yield Violation("I7", f"{service} has published {feed.relayed} of {feed.head} events")
    for (consumer, source), cursor in world.cursors.items():
        if cursor != world.feeds[source].head:
            text = f"{consumer} has read {source} up to {cursor} of {world.feeds[source].head}"
            yield Violation("I7", text)
    yield from (Violation("I7", sentence) for sentence in world.unfinished)
    claimed = Counter(fact.case for fact in world.named(REQUESTED))
    for fact in world.named(SUBMITTED):
        if fact.data["fee_due"] == "before_decision" and claimed[fact.case] != 1:
            yield Violation("I7", f"case {fact.case} has {claimed[fact.case]} claims", fact.case)
    yield from _paired(world, SETTLED, FEE_SETTLED)
    yield from _paired(world, ISSUED, COMPLETED)


def _paired(world: World, cause: str, effect: str) -> Iterator[Violation]:
    effects = Counter(fact.case for fact in world.named(effect))
    for fact in world.named(cause):
        if not effects[fact.case]:
            yield Violation("I7", f"case {fact.case} has {cause} and no {effect}", fact.case)


def i8_the_audit_chain_verifies(world: World) -> Iterator[Violation]:
    """Every event is under a seal that is signed, anchored, and says of the log what it holds."""
    logged = Counter(fact.service for fact in world.facts)
    for service, chain in world.chains.items():
        yield from (Violation("I8", f"{service}: {sentence}") for sentence in chain.violations)
        if not chain.violations and (chain.unsealed or chain.events != logged[service]):
            text = f"{service} has {logged[service]} events, {chain.events} of them under seals"
            yield Violation("I8", f"{text}, {chain.unsealed} not")


INVARIANTS: Final[Mapping[str, tuple[str, Check]]] = {
    "I1": (
        "every accepted application ends in exactly one stream",
        i1_an_accepted_application_is_one_stream_and_ends,
    ),
    "I2": ("at most one successful charge a claim", i2_at_most_one_charge_settles_a_claim),
    "I3": ("the ledger is the provider's statement and sums to zero", i3_the_ledger_is_the_statement),
    "I4": ("one permit for each approval", i4_an_approval_has_one_permit),
    "I5": (
        "versions, sequences, numbers: no double, no gap unexplained",
        i5_versions_sequences_and_numbers_have_no_gap,
    ),
    "I6": ("read models equal the fold of the events", i6_read_models_are_the_fold),
    "I7": ("every event reached every subscriber", i7_every_event_reached_every_subscriber),
    "I8": ("the audit chain verifies", i8_the_audit_chain_verifies),
}


def violations(world: World) -> dict[str, list[Violation]]:
    """What was found, by invariant."""
    return {name: list(check(world)) for name, (_, check) in INVARIANTS.items()}


def _by(facts: Iterable[Fact], field: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[str(fact.data[field])].append(fact)
    return found


def _case_of(world: World, reference: str) -> str:
    return next((f.case for f in world.facts if f.data.get("reference") == reference and f.case), "")


def _case_by_mark(world: World, kassenzeichen: str) -> str:
    return next((f.case for f in world.named(REQUESTED) if f.data["kassenzeichen"] == kassenzeichen), "")
