"""Our books against what a provider or the bank told, by day: the difference in cents, and what makes it.

What both sides know stands on the day that the other side names, so that a payment at midnight is no
difference. Days that nobody has told of yet have none.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Ours:
    """What our books say of one reference; `other_reference` is the provider's second name for it."""

    kind: str
    reference: str
    other_reference: str
    day: date
    cents: int
    claim_id: UUID | None = None
    kassenzeichen: str | None = None


@dataclass(frozen=True, slots=True)
class Theirs:
    """One row of theirs."""

    kind: str
    reference: str
    day: date
    cents: int


@dataclass(slots=True)
class Day:
    """One day; amounts in signed cents, `differing` are pairs of which the amounts differ."""

    day: date
    told: bool
    ours_cents: int = 0
    theirs_cents: int = 0
    unknown_here: list[Theirs] = field(default_factory=list)
    unknown_there: list[Ours] = field(default_factory=list)
    differing: list[tuple[Ours, Theirs]] = field(default_factory=list)

    @property
    def difference_cents(self) -> int | None:
        """What they have more than we; None where they have not told yet."""
        return self.theirs_cents - self.ours_cents if self.told else None


def compare(ours: Iterable[Ours], theirs: Iterable[Theirs], told: tuple[date, date] | None) -> Sequence[Day]:
    """The days on which either has something, in order; `told` is the first and last day they told of."""
    days: dict[date, Day] = {}

    def on(day: date) -> Day:
        known = told is not None and told[0] <= day <= told[1]
        return days.setdefault(day, Day(day, known))

    left = list(ours)
    for row, match in _matched(left, theirs):
        place = on(row.day)
        place.theirs_cents += row.cents
        if match is None:
            place.unknown_here.append(row)
            continue
        place.ours_cents += match.cents
        if match.cents != row.cents:
            place.differing.append((match, row))
    for one in left:
        place = on(one.day)
        place.ours_cents += one.cents
        place.unknown_there.append(one)
    return [days[day] for day in sorted(days)]


def _matched(left: list[Ours], theirs: Iterable[Theirs]) -> Sequence[tuple[Theirs, Ours | None]]:
    """Each row of theirs with ours, which leaves `left`: by its reference, and only what that leaves by the
    second name, which money that came again after a dispute shares with the payment."""
    rows = list(theirs)
    found: dict[int, Ours] = {}
    for name in ("reference", "other_reference"):
        known: dict[tuple[str, str], list[Ours]] = defaultdict(list)
        for one in left:
            known[one.kind, getattr(one, name)].append(one)
        for at, row in enumerate(rows):
            ones = known[row.kind, row.reference]
            if at not in found and ones:
                found[at] = ones.pop(0)
        taken = {id(one) for one in found.values()}
        left[:] = [one for one in left if id(one) not in taken]
    return [(row, found.get(at)) for at, row in enumerate(rows)]
