"""Accounts, given / when / then: what was, what is asked, what happens or why not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.identity.domain import account_events as happened
from services.identity.domain import refusals
from services.identity.domain.account import OPEN_LINKS, Account
from services.identity.domain.attributes import Attribute

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(hours=24)
ID = UUID(int=7)
OPERATOR = str(UUID(int=8))


def registered() -> Account:
    account = Account.register(id=ID, now=NOW, email="ada@example.org", language="de")
    account.request_confirmation("link-1", "hash-1", expires_at=NOW + DAY, now=NOW)
    account.pending_events.clear()
    return account


def active() -> Account:
    account = registered()
    account.confirm("link-1", now=NOW)
    account.pending_events.clear()
    return account


def locked() -> Account:
    account = active()
    account.lock("stolen", by=OPERATOR, now=NOW)
    account.pending_events.clear()
    return account


def happenings(account: Account) -> list[str]:
    return [type(event).__name__ for event in account.pending_events]


class TestRegistering:
    def test_opens_nothing_yet(self) -> None:
        account = registered()
        assert (account.condition, account.password_hash, account.roles) == ("unconfirmed", "", frozenset())

    def test_refuses_another_confirmation_once_confirmed(self) -> None:
        account = active()
        with pytest.raises(refusals.AlreadyConfirmed):
            account.request_confirmation("link-2", "hash-2", expires_at=NOW + DAY, now=NOW)
        assert happenings(account) == []

    def test_refuses_too_many_open_links(self) -> None:
        account = registered()
        for n in range(2, OPEN_LINKS + 1):
            account.request_confirmation(f"link-{n}", "h", expires_at=NOW + DAY, now=NOW)
        with pytest.raises(refusals.TooManyLinks):
            account.request_confirmation("one-more", "h", expires_at=NOW + DAY, now=NOW)

    def test_counts_only_links_that_are_still_open(self) -> None:
        account = registered()
        for n in range(2, OPEN_LINKS + 1):
            account.request_confirmation(f"link-{n}", "h", expires_at=NOW + DAY, now=NOW)
        account.request_confirmation("tomorrow", "h", expires_at=NOW + 2 * DAY, now=NOW + DAY)
        assert "tomorrow" in account.links


class TestConfirming:
    def test_makes_a_citizen(self) -> None:
        account = registered()
        account.confirm("link-1", now=NOW)
        assert happenings(account) == ["EmailConfirmed", "RoleGranted"]
        assert account.condition == "active"
        assert account.roles == {"citizen"}

    def test_takes_the_password_of_the_followed_link(self) -> None:
        account = registered()
        account.request_confirmation("link-2", "hash-2", expires_at=NOW + DAY, now=NOW)
        account.confirm("link-1", now=NOW)
        assert account.password_hash == "hash-1"

    def test_uses_up_every_confirmation_link(self) -> None:
        account = registered()
        account.request_confirmation("link-2", "hash-2", expires_at=NOW + DAY, now=NOW)
        account.confirm("link-1", now=NOW)
        for link in ("link-1", "link-2"):
            with pytest.raises(refusals.LinkUsed):
                account.confirm(link, now=NOW)

    def test_refuses_an_unknown_link(self) -> None:
        with pytest.raises(refusals.LinkUnknown):
            registered().confirm("other", now=NOW)

    def test_refuses_a_link_for_another_purpose(self) -> None:
        account = registered()
        account.request_reset("reset", expires_at=NOW + DAY, now=NOW)
        with pytest.raises(refusals.LinkUnknown):
            account.confirm("reset", now=NOW)

    def test_refuses_a_link_from_the_moment_it_expires(self) -> None:
        account = registered()
        with pytest.raises(refusals.LinkExpired):
            account.confirm("link-1", now=NOW + DAY)
        account.confirm("link-1", now=NOW + DAY - timedelta(microseconds=1))


class TestANewPassword:
    def test_replaces_the_old_one(self) -> None:
        account = active()
        account.request_reset("reset", expires_at=NOW + DAY, now=NOW)
        account.reset_password("reset", "hash-2", now=NOW)
        assert happenings(account) == ["PasswordResetRequested", "PasswordChanged"]
        assert account.password_hash == "hash-2"

    def test_uses_up_every_reset_link(self) -> None:
        account = active()
        account.request_reset("reset-1", expires_at=NOW + DAY, now=NOW)
        account.request_reset("reset-2", expires_at=NOW + DAY, now=NOW)
        account.reset_password("reset-2", "hash-2", now=NOW)
        with pytest.raises(refusals.LinkUsed):
            account.reset_password("reset-1", "hash-3", now=NOW)

    def test_confirms_the_address_it_was_mailed_to(self) -> None:
        account = registered()
        account.request_reset("reset", expires_at=NOW + DAY, now=NOW)
        account.reset_password("reset", "hash-2", now=NOW)
        assert (account.condition, account.password_hash) == ("active", "hash-2")

    def test_is_refused_after_the_link_expired(self) -> None:
        account = active()
        account.request_reset("reset", expires_at=NOW + DAY, now=NOW)
        with pytest.raises(refusals.LinkExpired):
            account.reset_password("reset", "hash-2", now=NOW + DAY)

    def test_is_refused_with_a_confirmation_link(self) -> None:
        with pytest.raises(refusals.LinkUnknown):
            registered().reset_password("link-1", "hash-2", now=NOW)

    def test_is_refused_while_locked(self) -> None:
        account = active()
        account.request_reset("reset", expires_at=NOW + DAY, now=NOW)
        account.lock("stolen", by=OPERATOR, now=NOW)
        with pytest.raises(refusals.NotActive):
            account.reset_password("reset", "hash-2", now=NOW)
        with pytest.raises(refusals.NotActive):
            account.request_reset("reset-2", expires_at=NOW + DAY, now=NOW)

    def test_refuses_too_many_open_links(self) -> None:
        account = active()
        for n in range(OPEN_LINKS):
            account.request_reset(f"reset-{n}", expires_at=NOW + DAY, now=NOW)
        with pytest.raises(refusals.TooManyLinks):
            account.request_reset("one-more", expires_at=NOW + DAY, now=NOW)


class TestTheProfile:
    def test_keeps_who_said_it_and_how_far_it_is_trusted(self) -> None:
        account = active()
        account.change_profile({"city": "Lindenau"}, "de", expected=0, now=NOW)
        assert account.attributes == {"city": Attribute("Lindenau", "self", "mail", NOW)}
        assert account.profile_version == account.version

    def test_tells_what_changed_and_not_to_what(self) -> None:
        account = active()
        account.change_profile({"city": "Lindenau", "street": None}, "de", expected=0, now=NOW)
        event = account.pending_events[-1]
        assert isinstance(event, happened.ProfileChanged)
        assert event.changed == ["city"]

    def test_takes_an_emptied_attribute_away(self) -> None:
        account = active()
        account.change_profile({"city": "Lindenau"}, "de", expected=0, now=NOW)
        account.change_profile({"city": None}, "de", expected=account.profile_version, now=NOW)
        assert account.attributes == {}

    def test_ignores_a_change_that_is_none(self) -> None:
        account = active()
        account.change_profile({"city": None}, "de", expected=0, now=NOW)
        assert happenings(account) == []

    def test_changes_the_language_alone(self) -> None:
        account = active()
        account.change_profile({}, "en", expected=0, now=NOW)
        assert (account.language, happenings(account)) == ("en", ["ProfileChanged"])

    def test_refuses_a_stale_version(self) -> None:
        account = active()
        account.change_profile({"city": "Lindenau"}, "de", expected=0, now=NOW)
        with pytest.raises(refusals.ProfileChangedMeanwhile):
            account.change_profile({"city": "Halle"}, "de", expected=0, now=NOW)

    @pytest.mark.parametrize("given", [registered, locked])
    def test_refuses_an_account_that_is_not_active(self, given: Callable[[], Account]) -> None:
        with pytest.raises(refusals.NotActive):
            given().change_profile({"city": "Lindenau"}, "de", expected=0, now=NOW)


class TestIdentification:
    def test_keeps_the_trust_of_each_attribute(self) -> None:
        account = active()
        account.record_identification(
            "bundid", "a-1", "high", {"family_name": ("Lovelace", "high"), "city": ("Halle", "mail")}, now=NOW
        )
        assert account.trust == "high"
        assert {name: a.trust for name, a in account.attributes.items()} == {
            "family_name": "high",
            "city": "mail",
        }
        assert account.attributes["family_name"].source == "bundid"

    def test_trusts_no_attribute_more_than_the_login(self) -> None:
        account = active()
        account.record_identification("bundid", "a-1", "substantial", {"family_name": ("L", "high")}, now=NOW)
        assert account.attributes["family_name"].trust == "substantial"

    def test_never_lowers_what_is_known_better(self) -> None:
        account = active()
        account.record_identification("bundid", "a-1", "high", {"family_name": ("L", "high")}, now=NOW)
        account.record_identification("elster", "a-2", "basic", {"family_name": ("X", "basic")}, now=NOW)
        assert account.attributes["family_name"].value == "L"
        assert account.trust == "high"

    def test_loses_its_trust_by_an_entry_of_ones_own(self) -> None:
        account = active()
        account.record_identification("bundid", "a-1", "high", {"city": ("Halle", "high")}, now=NOW)
        account.change_profile({"city": "Lindenau"}, "de", expected=account.profile_version, now=NOW)
        assert account.attributes["city"] == Attribute("Lindenau", "self", "mail", NOW)

    def test_keeps_its_trust_when_confirmed_unchanged(self) -> None:
        account = active()
        account.record_identification("bundid", "a-1", "high", {"city": ("Halle", "high")}, now=NOW)
        account.change_profile({"city": "Halle"}, "de", expected=account.profile_version, now=NOW)
        assert account.attributes["city"].trust == "high"

    def test_refuses_an_assertion_twice(self) -> None:
        account = active()
        account.record_identification("bundid", "a-1", "high", {}, now=NOW)
        with pytest.raises(refusals.AssertionUsed):
            account.record_identification("bundid", "a-1", "high", {}, now=NOW)

    @pytest.mark.parametrize("given", [registered, locked])
    def test_refuses_an_account_that_is_not_active(self, given: Callable[[], Account]) -> None:
        with pytest.raises(refusals.NotActive):
            given().record_identification("bundid", "a-1", "high", {}, now=NOW)


class TestRoles:
    def test_come_and_go(self) -> None:
        account = active()
        account.grant_role("clerk", by=OPERATOR, now=NOW)
        assert account.roles == {"citizen", "clerk"}
        account.revoke_role("clerk", by=OPERATOR, now=NOW)
        assert account.roles == {"citizen"}

    def test_refuse_a_second_grant(self) -> None:
        with pytest.raises(refusals.RoleHeld):
            active().grant_role("citizen", by=OPERATOR, now=NOW)

    def test_refuse_to_take_what_is_not_held(self) -> None:
        with pytest.raises(refusals.RoleNotHeld):
            active().revoke_role("clerk", by=OPERATOR, now=NOW)

    def test_refuse_changes_by_their_own_holder(self) -> None:
        account = active()
        with pytest.raises(refusals.OwnRoles):
            account.grant_role("operator", by=str(ID), now=NOW)
        with pytest.raises(refusals.OwnRoles):
            account.revoke_role("citizen", by=str(ID), now=NOW)

    @pytest.mark.parametrize("given", [registered, locked])
    def test_refuse_an_account_that_is_not_active(self, given: Callable[[], Account]) -> None:
        with pytest.raises(refusals.NotActive):
            given().grant_role("clerk", by=OPERATOR, now=NOW)


class TestALock:
    def test_holds_until_it_is_taken_off(self) -> None:
        account = locked()
        conditions = [account.condition]
        account.unlock(by=OPERATOR, now=NOW)
        assert [*conditions, account.condition] == ["locked", "active"]

    @pytest.mark.parametrize("given", [registered, locked])
    def test_refuses_an_account_that_is_not_active(self, given: Callable[[], Account]) -> None:
        with pytest.raises(refusals.NotActive):
            given().lock("again", by=OPERATOR, now=NOW)

    def test_refuses_to_unlock_what_is_open(self) -> None:
        with pytest.raises(refusals.NotLocked):
            active().unlock(by=OPERATOR, now=NOW)


class TestErasure:
    def test_begins_with_the_owners_wish(self) -> None:
        account = active()
        account.request_reset("link-2", expires_at=NOW + DAY, now=NOW)
        account.request_erasure(now=NOW)
        assert happenings(account)[1:] == ["ErasureRequested"]
        assert (account.condition, account.links) == ("erasing", {})

    def test_ends_once(self) -> None:
        account = active()
        account.request_erasure(now=NOW)
        account.complete_erasure(now=NOW)
        assert (account.condition, account.roles) == ("erased", frozenset())
        with pytest.raises(refusals.NotErasing):
            account.complete_erasure(now=NOW)

    def test_does_not_end_before_it_was_asked_for(self) -> None:
        with pytest.raises(refusals.NotErasing):
            active().complete_erasure(now=NOW)

    @pytest.mark.parametrize("given", [registered, locked])
    def test_refuses_an_account_that_is_not_active(self, given: Callable[[], Account]) -> None:
        with pytest.raises(refusals.NotActive):
            given().request_erasure(now=NOW)

    def test_refuses_who_holds_an_office(self) -> None:
        account = active()
        account.grant_role("clerk", by=OPERATOR, now=NOW)
        with pytest.raises(refusals.HoldsOffice):
            account.request_erasure(now=NOW)

    def test_refuses_everything_afterwards(self) -> None:
        account = active()
        account.request_reset("link-2", expires_at=NOW + DAY, now=NOW)
        account.request_erasure(now=NOW)
        account.pending_events.clear()
        attempts: tuple[Callable[[], None], ...] = (
            lambda: account.request_erasure(now=NOW),
            lambda: account.grant_role("clerk", by=OPERATOR, now=NOW),
            lambda: account.change_profile({}, "en", expected=0, now=NOW),
            lambda: account.request_reset("link-3", expires_at=NOW + DAY, now=NOW),
        )
        for attempt in attempts:
            with pytest.raises(refusals.NotActive):
                attempt()
        with pytest.raises(refusals.LinkUnknown):
            account.reset_password("link-2", "hash", now=NOW)
        assert happenings(account) == []
