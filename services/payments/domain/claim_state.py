"""The state of a claim and how events move it; decisions are in `claim`, `reversals` and `refunds`."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from services.payments.domain import transitions
from services.payments.domain.events import PaymentRequested
from services.payments.domain.money import Attempt, Payment, Refund, is_being_paid
from services.payments.domain.money_tasks import REFUND, MoneyTask
from shared.domain import Aggregate

if TYPE_CHECKING:
    from services.payments.domain.return_events import RefundedElsewhere


class ClaimState(Aggregate):
    """`amount_cents` is what was claimed first, `claimed_cents` what is now; `condition` as in
    `transitions.CLAIM`; `arranged` the mandate under which it is debited when it falls due; `due_on` the day
    that the steps of dunning count from, `reminded` those taken, `charged_cents` what these have cost;
    `reduced_cents` what of it is not claimed any more, since by `reductions` something ended early;
    `failed_at` when money that was on its way last failed."""

    case_id: UUID
    case_number: str
    account_id: UUID
    service: str
    cost_object: str
    kassenzeichen: str
    amount_cents: int
    claimed_cents: int
    currency: str
    pay_by: date | None
    language: str
    instalment: int
    instalment_count: int
    condition: str
    attempts: dict[UUID, Attempt]
    payments: dict[UUID, Payment]
    refunds: dict[UUID, Refund]
    settled_at: datetime | None
    settled_by: UUID | None
    money_tasks: dict[int, MoneyTask]
    due_on: date | None
    charged_cents: int
    reduced_cents: int
    reductions: tuple[UUID, ...]
    reminded: tuple[str, ...]
    arranged: UUID | None
    failed_at: datetime | None

    @property
    def kept_cents(self) -> int:
        """What has come and counts."""
        return sum(payment.kept_cents for payment in self.payments.values())

    @property
    def owed_cents(self) -> int:
        """What is still to pay."""
        return self.claimed_cents - self.kept_cents if self.condition == "open" else 0

    @property
    def last_kept(self) -> UUID | None:
        """The payment that came last of those that count."""
        return next((one for one in reversed(self.payments) if self.payments[one].kept_cents), None)

    @property
    def debited_from(self) -> date | None:
        """The day before which it is not debited: an instalment's. A fee's is the last day to pay instead."""
        return self.pay_by if self.instalment_count > 1 else None

    def under_way(self, task: MoneyTask) -> bool:
        """Whether a refund carries this task out, so that no person may."""
        refund = self.refunds.get(task.refund_id) if task.refund_id else None
        return refund is not None and is_under_way(refund.state, refund.via)

    def begin_with(self, event: PaymentRequested) -> None:
        """Assigns the state of a new claim."""
        for name in ("case_id", "case_number", "account_id", "service", "cost_object", "kassenzeichen"):
            setattr(self, name, getattr(event, name))
        self.amount_cents = self.claimed_cents = event.amount_cents
        self.currency, self.pay_by, self.language = event.currency, event.pay_by, event.language
        self.instalment, self.instalment_count = event.instalment, event.instalment_count
        self.condition, self.settled_at, self.settled_by = "open", None, None
        self.attempts, self.payments, self.refunds, self.money_tasks = {}, {}, {}, {}
        self.due_on, self.charged_cents = event.pay_by, 0
        self.reduced_cents, self.reductions = 0, ()
        self.reminded, self.arranged, self.failed_at = (), None, None

    def move(self, what: str) -> None:
        """The claim's next condition. Raises ImpossibleMove."""
        self.condition = transitions.follow(transitions.CLAIM, self.condition, what)

    def open_for(self, attempt_id: UUID, method: str, cents: int) -> None:
        self.attempts[attempt_id] = Attempt(attempt_id, method, "opened", cents)

    def move_attempt(self, attempt_id: UUID, what: str, *, provider: str = "", reference: str = "") -> None:
        """The attempt's next state. Raises ImpossibleMove."""
        known = self.attempts[attempt_id]
        self.attempts[attempt_id] = replace(
            known, state=transitions.follow(transitions.ATTEMPT, known.state, what),
            provider=provider or known.provider, reference=reference or known.reference,
        )  # fmt: skip

    def fail(self, attempt_id: UUID, outcome: str, at: datetime) -> None:
        """The attempt ends without money; `failed_at` where it was not its payer's turn."""
        if is_being_paid(self.attempts[attempt_id]):
            self.failed_at = at
        self.move_attempt(attempt_id, outcome)

    def take(self, payment: Payment, kept_cents: int, surplus_cents: int = 0) -> None:
        """Money has come: `kept_cents` of it counts, `surplus_cents` waits for a person."""
        known = self.payments.get(payment.payment_id)
        if known is None and payment.payment_id in self.attempts:
            self.move_attempt(
                payment.payment_id, "succeeded", provider=payment.provider, reference=payment.reference
            )
        elif known is not None and self._is_reversed(known.payment_id):
            self.move_attempt(known.payment_id, "succeeded")
        found = known or payment
        self.payments[found.payment_id] = replace(
            found,
            received_cents=found.received_cents + kept_cents + surplus_cents,
            kept_cents=found.kept_cents + kept_cents,
        )

    def _is_reversed(self, attempt_id: UUID) -> bool:
        return attempt_id in self.attempts and self.attempts[attempt_id].state == "reversed"

    def owe_back(self, payment_id: UUID, kind: str, cents: int, version: int) -> None:
        """Money that counted is not claimed any more and goes back."""
        payment = self.payments[payment_id]
        self.payments[payment_id] = replace(payment, kept_cents=payment.kept_cents - cents)
        self.claimed_cents -= cents
        self.money_tasks[version] = MoneyTask(
            version, kind, cents, self.currency, payment.provider, payment_id
        )

    def give_up(
        self, payment_id: UUID, reference: str, owed_cents: int, reclaimable_cents: int, on: date
    ) -> None:
        """A payment was taken back; what is owed again is due on the day, and reminded of anew."""
        counted = self.condition in ("open", "settled")
        gone = owed_cents if counted else reclaimable_cents
        self._take_back(payment_id, reference, owed_cents + reclaimable_cents, gone, reclaimable_cents)
        if owed_cents:
            self.move("payment_reversed")
            self.settled_at, self.settled_by = None, None
            self.due_on, self.reminded = on, ()

    def _take_back(
        self, payment_id: UUID, reference: str, cents: int, kept: int, reclaimable: int, refunded: int = 0
    ) -> None:
        payment = self.payments[payment_id]
        self.payments[payment_id] = replace(
            payment, kept_cents=max(0, payment.kept_cents - kept),
            reclaimable_cents=payment.reclaimable_cents + reclaimable,
            refunded_cents=payment.refunded_cents + refunded,
            taken_back=(*payment.taken_back, (reference, cents)),
        )  # fmt: skip

    def bring_back(self, payment_id: UUID, reference: str, cents: int, reclaimed_cents: int) -> None:
        """What had been taken back came again; what makes up for money gone twice is received with it."""
        payment = self.payments[payment_id]
        self.payments[payment_id] = replace(
            payment, received_cents=payment.received_cents + reclaimed_cents,
            reclaimable_cents=payment.reclaimable_cents - reclaimed_cents,
            brought_back=(*payment.brought_back, (reference, cents)),
        )  # fmt: skip

    def give_back_elsewhere(self, event: "RefundedElsewhere") -> None:
        """The provider gave money back without our order."""
        given_up, reclaimable = event.given_up_cents, event.reclaimable_cents
        refunded = given_up + reclaimable + event.returned_cents
        self._take_back(
            event.payment_id, event.reference, refunded + event.owed_cents, given_up + event.owed_cents,
            reclaimable, refunded,
        )  # fmt: skip
        self.claimed_cents -= given_up

    def void(self, payment_id: UUID, kept_cents: int, surplus_cents: int = 0) -> None:
        """Money that was booked by mistake was never there."""
        payment = self.payments[payment_id]
        self.payments[payment_id] = replace(
            payment, received_cents=payment.received_cents - kept_cents - surplus_cents,
            kept_cents=payment.kept_cents - kept_cents,
        )  # fmt: skip

    def reduce(self, reduction_id: UUID, cents: int) -> None:
        """So much less is claimed."""
        self.reductions = (*self.reductions, reduction_id)
        self.reduced_cents += cents
        self.claimed_cents -= cents

    def bind(self, refund_id: UUID) -> None:
        """The refund carries out its money task, if it has one yet."""
        version = self.refunds[refund_id].task_version
        if version is not None:
            self.money_tasks[version] = replace(self.money_tasks[version], refund_id=refund_id)

    def decline(self, refund_id: UUID) -> None:
        """Its money task, if it has one, is a person's again."""
        self.move_refund(refund_id, "declined")
        version = self.refunds[refund_id].task_version
        if version is not None:
            self.money_tasks[version] = replace(self.money_tasks[version], refund_id=None)

    def approve(self, refund_id: UUID, kind: str, version: int) -> None:
        """The refund may be carried out; one of part of a payment becomes a money task with it."""
        refund = self.refunds[refund_id]
        if refund.task_version is None:
            self.move("refund_fell_due" if kind == REFUND else "part_refunded")
            self.owe_back(refund.payment_id, kind, refund.amount_cents, version)
            self.refunds[refund_id] = replace(refund, task_version=version)
            self.bind(refund_id)
        self.move_refund(refund_id, "approved")

    def move_refund(self, refund_id: UUID, what: str, reference: str = "") -> None:
        """The refund's next state. Raises ImpossibleMove."""
        known = self.refunds[refund_id]
        self.refunds[refund_id] = replace(
            known, state=transitions.follow(transitions.REFUND, known.state, what),
            reference=reference or known.reference,
        )  # fmt: skip

    def after_task(self, version: int, what: str) -> str:
        """The claim's condition once this money task is done; empty where that changes nothing."""
        return self.after_tasks((version,), what)

    def after_tasks(self, versions: Collection[int], what: str) -> str:
        """The claim's condition once these money tasks are done; empty where that changes nothing."""
        waiting = {t.version for t in self.money_tasks.values() if t.kind == REFUND and not t.done}
        last = bool(waiting) and waiting.issubset(versions)
        return transitions.follow(transitions.CLAIM, self.condition, what) if last else ""

    def complete(
        self, version: int, condition: str, how: str = "", at: datetime | None = None, reference: str = ""
    ) -> None:
        """A money task is done; the last of what was to be refunded moves the claim."""
        self.money_tasks[version] = self.money_tasks[version].completed(how, at, reference)
        self.condition = condition or self.condition

    def offset(self, payment_id: UUID, version: int, cents: int, condition: str) -> None:
        """Of a money task so much has gone back by a reversal."""
        payment, task = self.payments[payment_id], self.money_tasks[version]
        self.payments[payment_id] = replace(payment, reclaimable_cents=payment.reclaimable_cents - cents)
        self.money_tasks[version] = replace(task, amount_cents=task.amount_cents - cents)
        if cents == task.amount_cents:
            self.complete(version, condition)

    def overtake(self, refund_id: UUID, left_cents: int) -> None:
        """What this refund was to give back went back otherwise, save what is left."""
        if left_cents:
            self.refunds[refund_id] = replace(self.refunds[refund_id], amount_cents=left_cents)
        else:
            self.move_refund(refund_id, "offset")


def is_under_way(state: str, via: str) -> bool:
    """Whether a refund in this state waits for somebody else than the cash office."""
    return state in transitions.UNDER_WAY or (state == "approved" and via == "provider")
