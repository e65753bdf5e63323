"""The books that a provider and a bank keep for themselves: random histories are held against them.

Nothing here reads the claim. A refund is carried out once, under a reference of the provider's; whether and
when anybody here hears of it is another matter.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID


@dataclass
class Carried:
    """A refund that the provider has carried out; `told` once its reference was said to the portal."""

    reference: str
    payment_id: UUID
    cents: int
    told: bool = False
    by_order: bool = False


class Counterpart:
    """What each party holds for the city, by place; and what of a provider's refunds is known here."""

    def __init__(self) -> None:
        self.holds: Counter[str] = Counter()
        self.came: Counter[UUID] = Counter()
        self.again: Counter[UUID] = Counter()
        self.taken: Counter[UUID] = Counter()
        self.carried: list[Carried] = []
        self.at_hand: Counter[tuple[UUID, int]] = Counter()
        self.early: defaultdict[UUID, dict[str, tuple[str, int]]] = defaultdict(dict)

    def comes(self, place: str, payment_id: UUID, cents: int, fee: int = 0) -> None:
        """Money came, and what was told of it before has happened to it, as far as so much is there."""
        self.came[payment_id] += cents
        self.holds[place] += cents - fee
        for reference, (state, gone) in self.early[payment_id].items():
            if gone > self.left(payment_id):
                continue
            if state == "reversed":
                self.takes(place, payment_id, gone, 0)
            else:
                self.carried.append(Carried(reference, payment_id, gone, told=True))
                self.holds[place] -= gone

    def tells_early(self, payment_id: UUID, state: str, cents: int) -> str:
        """Something happened to money of which the place has not told that it came; under which reference."""
        reference = f"E{len(self.early[payment_id])}"
        self.early[payment_id][reference] = state, cents
        return reference

    def carry(self, place: str, payment_id: UUID, cents: int, *, by_order: bool = False) -> Carried | None:
        """Gives back, if so much of the payment is there."""
        if cents > self.left(payment_id):
            return None
        refund = Carried(f"P{len(self.carried)}", payment_id, cents, by_order=by_order)
        self.carried.append(refund)
        self.holds[place] -= cents
        return refund

    def left(self, payment_id: UUID) -> int:
        """What is neither given back nor taken back."""
        given = sum(one.cents for one in self.carried if one.payment_id == payment_id)
        return self.came[payment_id] + self.again[payment_id] - self.taken[payment_id] - given

    def may_be_taken(self, payment_id: UUID) -> int:
        """What a bank may take back: also what was given back by an order, which is then gone twice."""
        given = [one for one in self.carried if one.payment_id == payment_id]
        if all(one.by_order and one.told for one in given):
            return self.came[payment_id] + self.again[payment_id] - self.taken[payment_id]
        return self.left(payment_id)

    def takes(self, place: str, payment_id: UUID, cents: int, charges: int) -> None:
        self.taken[payment_id] += cents
        self.holds[place] -= cents + charges

    def brings(self, place: str, payment_id: UUID, cents: int) -> None:
        self.again[payment_id] += cents
        self.holds[place] += cents

    def says(self, refund: Carried) -> bool:
        """The reference is said; whether that is money which nobody here had booked."""
        if refund.told:
            return False
        refund.told = True
        key = refund.payment_id, refund.cents
        if self.at_hand[key]:
            self.at_hand[key] -= 1
            return False
        return True

    def seen(self, payment_id: UUID, cents: int) -> None:
        """A person has seen a refund there and says so, without its reference."""
        self.at_hand[payment_id, cents] += 1

    def unseen(self) -> int:
        """Cents that went out and that nobody here can know of yet."""
        untold = sum(one.cents for one in self.carried if not one.told)
        return untold - sum(cents * many for (_, cents), many in self.at_hand.items())
