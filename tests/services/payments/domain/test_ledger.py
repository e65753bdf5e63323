"""The ledger: zero after every event, whatever happens."""

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.claim import Claim
from services.payments.domain.ledger import entry
from services.payments.domain.money_tasks import Settled
from services.payments.domain.refusals import NotPayable, PaymentBeingChecked
from tests.services.payments.domain.test_claim import FEE, NOW, VOUCHER, given_attempt, given_claim, word

MOVES = st.one_of(
    st.just(("attempt", 0, "")),
    st.just(("withdraw", 0, "")),
    st.tuples(st.just("settle"), st.integers(0, 3), st.sampled_from([how.value for how in Settled])),
    st.tuples(
        st.just("word"),
        st.integers(0, 5),
        st.sampled_from(["succeeded", "failed", "cancelled", "expired", "unknown"]),
    ),
)


def balances(claim: Claim) -> Counter[str]:
    """Each account's balance; checks that every entry is balanced by itself."""
    found: Counter[str] = Counter()
    for event in claim.pending_events:
        lines = entry(event)  # type: ignore[arg-type]
        assert sum(line.cents for line in lines) == 0
        for line in lines:
            found[line.account] += line.cents
    return found


class TestEntries:
    @given(moves=st.lists(MOVES, max_size=25), cents=st.sampled_from([FEE, FEE + 500]))
    def test_sum_to_zero_over_any_history(self, moves: list[tuple[str, int, str]], cents: int) -> None:
        claim, attempts, received = given_claim(), list[UUID](), dict[UUID, int]()
        paid_back = 0
        for move, which, state in moves:
            if move == "attempt":
                try:
                    attempts.append(given_attempt(claim))
                except (NotPayable, PaymentBeingChecked):
                    continue
            elif move == "withdraw":
                claim.withdraw_claim("withdrawn", now=NOW)
            elif move == "settle":
                open_tasks = [task for task in claim.money_tasks.values() if not task.done]
                if which < len(open_tasks):
                    task = open_tasks[which]
                    claim.settle_money_task(task.version, Settled(state), task.amount_cents, VOUCHER, now=NOW)
                    if state == Settled.RETURNED_BY_PROVIDER:
                        paid_back += task.amount_cents
            elif attempts:
                attempt_id = attempts[which % len(attempts)]
                claim.record_word(attempt_id, word(state, cents), now=NOW)
                if state == "succeeded":
                    received[attempt_id] = cents
        found = balances(claim)
        assert sum(found.values()) == 0
        assert found["provider:girocheckout"] == sum(received.values()) - paid_back
        waiting = sum(task.amount_cents for task in claim.money_tasks.values() if not task.done)
        assert found["surplus"] + found["refundable"] == -waiting

    def test_book_a_settled_claim(self) -> None:
        claim = given_claim()
        claim.record_word(given_attempt(claim), word("succeeded"), now=NOW)
        assert balances(claim) == {
            "receivable": 0,
            "revenue:541000": -FEE,
            "provider:girocheckout": FEE,
        }
