"""Mandates, given / when / then: what was, what is asked, what happens or why not."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.payments.domain import mandate_events as happened
from services.payments.domain.mandate import (
    MOVES,
    Cleared,
    DebtorForgotten,
    Ended,
    Kind,
    Lapsed,
    Mandate,
    MandateRefused,
    NotAllowedNow,
    NotOfAPerson,
    NotYetLapsed,
    OtherAccountNeeded,
    SameAccount,
    SignedInFuture,
)
from shared.domain import REDACTED
from shared.testing.memory import MemoryService

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
ID, ADA, DEBIT, TOLD = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
OLD, NEW = "DE89370400440532013000", "DE02120300000000202051"
DUE = date(2026, 12, 10)


def proposed(kind: Kind = Kind.RECURRING) -> Mandate:
    mandate = Mandate.propose(
        id=ID, now=NOW, account_id=ADA, reference="M-2026-000001", kind=kind, iban=OLD, holder="Ada Lovelace"
    )
    mandate.pending_events.clear()
    return mandate


def active(kind: Kind = Kind.RECURRING) -> Mandate:
    return after(proposed(kind), lambda mandate: mandate.activate(TODAY, "online", now=NOW))


def suspended() -> Mandate:
    return after(active(), lambda mandate: mandate.suspend("MD06", now=NOW))


def waiting(code: str) -> Mandate:
    return after(active(), lambda mandate: mandate.suspend(code, now=NOW))


def amended() -> Mandate:
    return after(collected(), lambda mandate: mandate.amend(NEW, "Ada King", TODAY, "online", now=NOW))


def told() -> Mandate:
    return after(amended(), lambda mandate: mandate.collect(TOLD, DUE, now=NOW))


def revoked() -> Mandate:
    return after(active(), lambda mandate: mandate.revoke("citizen", now=NOW))


def collected() -> Mandate:
    return after(active(), lambda mandate: mandate.collect(DEBIT, DUE, now=NOW))


def used_up() -> Mandate:
    return after(active(Kind.ONE_OFF), lambda mandate: mandate.collect(DEBIT, DUE, now=NOW))


def lapsed() -> Mandate:
    return after(active(), lambda mandate: mandate.lapse(date(2029, 11, 27), now=NOW))


def after(mandate: Mandate, act: Callable[[Mandate], object]) -> Mandate:
    act(mandate)
    mandate.pending_events.clear()
    return mandate


def happenings(mandate: Mandate) -> list[str]:
    return [type(event).__name__ for event in mandate.pending_events]


def refuses(mandate: Mandate, why: type[MandateRefused], act: Callable[[Mandate], object]) -> None:
    with pytest.raises(why):
        act(mandate)
    assert happenings(mandate) == []


class TestSigning:
    def test_makes_it_active(self) -> None:
        mandate = proposed()
        mandate.activate(TODAY, "online", now=NOW)
        assert (mandate.condition, mandate.signed_on) == ("active", TODAY)
        assert happenings(mandate) == ["MandateActivated"]

    def test_is_refused_twice(self) -> None:
        refuses(active(), NotAllowedNow, lambda mandate: mandate.activate(TODAY, "online", now=NOW))

    def test_is_refused_on_a_day_to_come(self) -> None:
        refuses(
            proposed(), SignedInFuture, lambda mandate: mandate.activate(date(2026, 11, 28), "paper", now=NOW)
        )


class TestAmending:
    def test_puts_another_account_in_place_and_keeps_the_old_on_record(self) -> None:
        mandate = collected()
        mandate.amend(NEW, "Ada King", TODAY, "online", now=NOW)
        assert (mandate.iban, mandate.holder, mandate.is_amended) == (NEW, "Ada King", True)
        assert mandate.reference == "M-2026-000001"
        assert isinstance(mandate.pending_events[0], happened.MandateAmended)

    def test_before_the_first_debit_is_nothing_to_tell_the_bank(self) -> None:
        mandate = active()
        mandate.amend(NEW, "Ada King", TODAY, "online", now=NOW)
        assert not mandate.is_amended

    def test_brings_a_suspended_one_back(self) -> None:
        mandate = suspended()
        mandate.amend(NEW, "Ada King", TODAY, "online", now=NOW)
        assert mandate.condition == "active"

    def test_keeps_the_first_signature(self) -> None:
        mandate = active()
        mandate.amend(NEW, "Ada King", date(2026, 11, 27), "online", now=NOW)
        assert mandate.signed_on == TODAY

    def test_is_refused_for_the_same_account(self) -> None:
        refuses(active(), SameAccount, lambda mandate: mandate.amend(OLD, "x", TODAY, "online", now=NOW))

    @pytest.mark.parametrize("given", [proposed, revoked, used_up, lapsed])
    def test_is_refused_where_nothing_is_debited(self, given: Callable[[], Mandate]) -> None:
        refuses(given(), NotAllowedNow, lambda mandate: mandate.amend(NEW, "x", TODAY, "online", now=NOW))

    def test_is_refused_for_a_day_to_come(self) -> None:
        refuses(active(), SignedInFuture, lambda m: m.amend(NEW, "x", date(2026, 12, 1), "online", now=NOW))


class TestCollecting:
    def test_is_the_first_then_one_of_many(self) -> None:
        mandate = active()
        assert mandate.collect(DEBIT, DUE, now=NOW) == "FRST"
        assert mandate.collect(UUID(int=4), date(2027, 12, 10), now=NOW) == "RCUR"
        assert mandate.last_collected_on == date(2027, 12, 10)

    def test_tells_the_bank_once_of_an_amendment(self) -> None:
        mandate = collected()
        mandate.amend(NEW, "Ada King", TODAY, "online", now=NOW)
        mandate.collect(UUID(int=4), DUE, now=NOW)
        assert not mandate.is_amended

    def test_of_a_one_off_mandate_uses_it_up(self) -> None:
        mandate = active(Kind.ONE_OFF)
        assert mandate.collect(DEBIT, DUE, now=NOW) == "OOFF"
        assert mandate.condition == "used_up"

    def test_for_the_last_time_uses_it_up(self) -> None:
        mandate = collected()
        assert mandate.collect(UUID(int=4), DUE, final=True, now=NOW) == "FNAL"
        assert mandate.condition == "used_up"

    @pytest.mark.parametrize("given", [proposed, suspended, revoked, used_up, lapsed])
    def test_is_refused_without_a_mandate_in_force(self, given: Callable[[], Mandate]) -> None:
        refuses(given(), NotAllowedNow, lambda mandate: mandate.collect(DEBIT, DUE, now=NOW))

    def test_is_refused_after_36_months_without_a_debit(self) -> None:
        mandate = collected()
        assert mandate.collect(DEBIT, date(2029, 12, 10), now=NOW) == "RCUR"
        refuses(collected(), Lapsed, lambda m: m.collect(DEBIT, date(2029, 12, 11), now=NOW))

    def test_is_refused_once_the_citizen_is_forgotten(self) -> None:
        mandate = active()
        mandate.iban = mandate.holder = REDACTED
        refuses(mandate, DebtorForgotten, lambda m: m.collect(DEBIT, DUE, now=NOW))


class TestReleasing:
    def test_lets_the_only_debit_be_presented_once_more(self) -> None:
        mandate = used_up()
        mandate.release(DEBIT, now=NOW)
        assert mandate.collect(UUID(int=4), DUE, now=NOW) == "OOFF"

    def test_is_nothing_where_more_debits_are_allowed_or_none(self) -> None:
        for mandate in (active(), revoked()):
            mandate.release(DEBIT, now=NOW)
            assert happenings(mandate) == []


class TestAnAmendmentThatWasTold:
    def test_is_told_again_where_its_debit_did_not_hold(self) -> None:
        mandate = told()
        mandate.release(TOLD, now=NOW)
        assert (mandate.is_amended, happenings(mandate)) == (True, ["MandateAmendmentUntold"])
        mandate.release(TOLD, now=NOW)
        assert happenings(mandate) == ["MandateAmendmentUntold"]

    def test_is_told_again_by_the_last_debit_of_all_too(self) -> None:
        mandate = amended()
        mandate.collect(TOLD, DUE, final=True, now=NOW)
        mandate.release(TOLD, now=NOW)
        assert (mandate.condition, mandate.is_amended) == ("active", True)

    def test_is_told_again_though_another_debit_has_suspended_it(self) -> None:
        mandate = after(told(), lambda mandate: mandate.suspend("MD06", now=NOW))
        mandate.release(TOLD, now=NOW)
        assert (mandate.condition, mandate.is_amended) == ("suspended", True)

    def test_is_not_told_again_where_another_debit_did_not_hold(self) -> None:
        mandate = told()
        mandate.release(DEBIT, now=NOW)
        assert (mandate.is_amended, happenings(mandate)) == (False, [])

    def test_is_not_told_again_for_an_account_that_was_amended_since(self) -> None:
        mandate = after(told(), lambda mandate: mandate.amend(OLD, "Ada", TODAY, "online", now=NOW))
        mandate.collect(UUID(int=5), DUE, now=NOW)
        mandate.pending_events.clear()
        mandate.release(TOLD, now=NOW)
        assert (mandate.is_amended, happenings(mandate)) == (False, [])


class TestClearing:
    @pytest.mark.parametrize("code", ["XX99", "MD07", "NARR"])
    def test_lets_a_mandate_be_used_again_that_waits_for_a_person(self, code: str) -> None:
        mandate = waiting(code)
        mandate.clear(Cleared.BANK_WAS_WRONG, now=NOW)
        assert mandate.collect(UUID(int=5), DUE, now=NOW) == "FRST"
        assert happenings(mandate)[0] == "MandateCleared"

    def test_tells_an_amendment_again_that_the_debit_told(self) -> None:
        mandate = after(told(), lambda mandate: mandate.suspend("XX99", now=NOW))
        mandate.clear(Cleared.TECHNICAL, now=NOW)
        assert mandate.is_amended

    @pytest.mark.parametrize("code", ["AC04", "MD06"])
    def test_is_refused_where_the_payer_has_the_word(self, code: str) -> None:
        refuses(waiting(code), NotOfAPerson, lambda one: one.clear(Cleared.BANK_WAS_WRONG, now=NOW))

    @pytest.mark.parametrize("given", [proposed, active, revoked, lapsed, used_up])
    def test_is_refused_for_what_is_not_suspended(self, given: Callable[[], Mandate]) -> None:
        refuses(given(), NotAllowedNow, lambda one: one.clear(Cleared.BANK_WAS_WRONG, now=NOW))

    def test_is_refused_once_the_citizen_is_forgotten(self) -> None:
        mandate = waiting("XX99")
        mandate.iban = mandate.holder = REDACTED
        refuses(mandate, DebtorForgotten, lambda one: one.clear(Cleared.BANK_WAS_WRONG, now=NOW))


class TestEnding:
    def test_is_for_good(self) -> None:
        mandate = waiting("MD07")
        mandate.end(Ended.PAYER_DIED, now=NOW)
        assert (mandate.condition, happenings(mandate)) == ("revoked", ["MandateRevoked"])

    def test_is_refused_where_the_payer_has_the_word(self) -> None:
        refuses(waiting("AC04"), NotOfAPerson, lambda one: one.end(Ended.NO_CONSENT, now=NOW))

    @pytest.mark.parametrize("given", [proposed, active, used_up])
    def test_is_refused_for_what_is_not_suspended(self, given: Callable[[], Mandate]) -> None:
        refuses(given(), NotOfAPerson, lambda one: one.end(Ended.PAYER_DIED, now=NOW))


class TestSuspending:
    def test_may_be_repeated(self) -> None:
        mandate = suspended()
        mandate.suspend("AC04", now=NOW)
        assert (mandate.condition, happenings(mandate)) == ("suspended", [])

    @pytest.mark.parametrize("given", [revoked, lapsed, used_up])
    def test_changes_nothing_once_it_has_ended(self, given: Callable[[], Mandate]) -> None:
        mandate = given()
        mandate.suspend("MD06", now=NOW)
        assert happenings(mandate) == []

    def test_for_a_debit_given_back_ends_by_the_citizens_word(self) -> None:
        mandate = suspended()
        mandate.resume("citizen", now=NOW)
        assert mandate.condition == "active"

    @pytest.mark.parametrize("code", ["AC04", "MD07", "XX99"])
    def test_for_what_the_bank_says_of_the_account_does_not(self, code: str) -> None:
        mandate = after(active(), lambda mandate: mandate.suspend(code, now=NOW))
        refuses(mandate, OtherAccountNeeded, lambda mandate: mandate.resume("citizen", now=NOW))

    def test_of_what_is_not_suspended_cannot_end(self) -> None:
        refuses(active(), NotAllowedNow, lambda mandate: mandate.resume("clerk", now=NOW))


class TestRevoking:
    @pytest.mark.parametrize("given", [proposed, active, suspended, used_up])
    def test_ends_it(self, given: Callable[[], Mandate]) -> None:
        mandate = given()
        mandate.revoke("citizen", now=NOW)
        assert mandate.condition == "revoked"

    def test_may_be_repeated(self) -> None:
        mandate = revoked()
        mandate.revoke("MD01", now=NOW)
        assert happenings(mandate) == []

    def test_is_refused_once_it_has_lapsed(self) -> None:
        refuses(lapsed(), NotAllowedNow, lambda mandate: mandate.revoke("citizen", now=NOW))


class TestLapsing:
    def test_comes_36_months_after_the_last_debit(self) -> None:
        mandate = collected()
        mandate.lapse(date(2029, 12, 11), now=NOW)
        assert mandate.condition == "lapsed"

    def test_is_refused_on_the_last_day(self) -> None:
        refuses(collected(), NotYetLapsed, lambda mandate: mandate.lapse(date(2029, 12, 10), now=NOW))

    def test_counts_from_the_signature_where_there_was_no_debit(self) -> None:
        assert active().lapses_on == date(2029, 11, 26)

    @pytest.mark.parametrize(
        ("signed", "last"),
        [(date(2024, 2, 29), date(2027, 2, 28)), (date(2025, 2, 28), date(2028, 2, 28)),
         (date(2025, 12, 31), date(2028, 12, 31)), (date(2025, 11, 30), date(2028, 11, 30))],
    )  # fmt: skip
    def test_falls_on_a_day_that_there_is(self, signed: date, last: date) -> None:
        mandate = proposed()
        mandate.activate(signed, "paper", now=NOW)
        assert mandate.lapses_on == last

    @pytest.mark.parametrize("given", [proposed, revoked, used_up, lapsed])
    def test_is_refused_where_there_is_nothing_to_lapse(self, given: Callable[[], Mandate]) -> None:
        refuses(given(), NotAllowedNow, lambda mandate: mandate.lapse(date(2040, 1, 1), now=NOW))


class TestMoves:
    def test_end_where_nothing_follows(self) -> None:
        conditions = {condition for condition, _ in MOVES} | set(MOVES.values())
        assert conditions - {condition for condition, _ in MOVES} == {"revoked", "lapsed"}


class TestPersonalData:
    async def test_is_sealed_in_the_log_and_gone_with_the_key(self) -> None:
        service = MemoryService()
        unit = service.unit(NOW)
        mandate = Mandate.propose(
            id=ID, now=NOW, account_id=ADA, reference="M-1", kind=Kind.RECURRING, iban=OLD, holder="Ada"
        )
        mandate.activate(TODAY, "online", now=NOW)
        mandate.amend(NEW, "Ada King", TODAY, "online", now=NOW)
        await unit.save(mandate, subject=ADA)
        await unit.commit()
        stored = b"".join(event.payload for event in service.log.streams[ID])
        assert OLD.encode() not in stored
        assert NEW.encode() not in stored
        assert b"Ada" not in stored
        assert (await service.unit(NOW).load(Mandate, ID)).iban == NEW
        await service.keys.destroy(ADA)
        forgotten = await service.unit(NOW).load(Mandate, ID)
        assert (forgotten.iban, forgotten.holder, forgotten.condition) == (REDACTED, REDACTED, "active")
        with pytest.raises(DebtorForgotten):
            forgotten.amend(OLD, "Ada", TODAY, "online", now=NOW)
        forgotten.revoke("erased", now=NOW)
        await unit.save(forgotten)
