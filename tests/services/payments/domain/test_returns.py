"""What follows from each code: the table of the domain, word by word."""

import pytest

from services.payments.domain.returns import (
    REACTIONS,
    UNKNOWN,
    WITH_OTHERS,
    Concern,
    OnMandate,
    code_of_many,
    reaction_to,
)

ALARMS = ["AC13", "AM05", "DUPL", "BE05", "MD02", "RC01", "RR01", "RR02", "RR03", "RR04", "SL01", "FF01",
          "FF05", "TM01"]  # fmt: skip


class TestReaction:
    @pytest.mark.parametrize("code", ["AC01", "AC04", "AC06", "AG01", "AG02"])
    def test_is_another_account(self, code: str) -> None:
        found = reaction_to(code)
        assert (found.mandate, found.concern) == (OnMandate.SUSPENDED, Concern.CITIZEN_GIVES_ACCOUNT)

    @pytest.mark.parametrize("code", ["AM04", "MS03"])
    def test_is_another_try_where_funds_may_have_lacked(self, code: str) -> None:
        found = reaction_to(code)
        assert (found.mandate, found.concern, found.again) == (OnMandate.KEPT, Concern.CITIZEN_PAYS, True)

    def test_is_no_other_try_where_the_debtor_refused(self) -> None:
        assert not reaction_to("MS02").again

    def test_suspends_what_was_claimed_back(self) -> None:
        found = reaction_to("MD06")
        assert (found.mandate, found.concern) == (OnMandate.SUSPENDED, Concern.CITIZEN_OBJECTED)

    def test_revokes_what_was_never_a_mandate(self) -> None:
        assert reaction_to("MD01").mandate is OnMandate.REVOKED

    def test_is_a_persons_where_somebody_died_and_nobody_is_written_to(self) -> None:
        found = reaction_to("MD07")
        assert (found.mandate, found.concern) == (OnMandate.SUSPENDED, Concern.ESTATE)

    def test_of_many_at_once_is_never_a_word_against_a_mandate(self) -> None:
        assert code_of_many("FF01") == "FF01"
        for code in ("", "AC04", "MD01", "MD07", "XX99"):
            assert code_of_many(code) == WITH_OTHERS
            assert reaction_to(code_of_many(code)).mandate is OnMandate.KEPT

    @pytest.mark.parametrize("code", ALARMS)
    def test_is_an_alarm_where_the_fault_is_ours(self, code: str) -> None:
        assert reaction_to(code).concern is Concern.ALARM

    def test_to_a_code_unknown_is_a_persons(self) -> None:
        assert reaction_to("XX99") == UNKNOWN

    def test_lets_nothing_be_debited_again_without_a_mandate(self) -> None:
        assert not [code for code, found in REACTIONS.items() if found.again and found.mandate != "kept"]
