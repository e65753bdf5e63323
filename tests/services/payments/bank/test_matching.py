"""Whose money: exactly, by proposal, or nobody's."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.bank.matching import Candidate, Match, Numbers, decide, name_key, propose, references
from services.payments.domain.kassenzeichen import Scheme, kassenzeichen
from services.payments.sepa.reference import structured_reference
from services.payments.sepa.statements import Transaction

PREFIX = "4711"
NUMBERS = Numbers(PREFIX)
ADA, BOB = UUID(int=1), UUID(int=2)
ADAS, BOBS = kassenzeichen(PREFIX, 2026, 12), kassenzeichen(PREFIX, 2026, 13)
KNOWN: Mapping[str, UUID] = {ADAS: ADA, BOBS: BOB}


def payment(text: str = "", **said: str) -> Transaction:
    return Transaction(3060, 3060, text=text, **said)  # type: ignore[arg-type]


class TestCertain:
    @pytest.mark.parametrize(
        "text",
        [
            ADAS, f"Parkausweis {ADAS}", f"{ADAS[:4]} {ADAS[4:8]} {ADAS[8:12]} {ADAS[12:]}",
            f"KZ{ADAS}.", f"kassenzeichen: {ADAS[:5]}-{ADAS[5:]}", f"{ADAS[:9]} {ADAS[9:]} vom 26.11.2026",
            f"2026 {ADAS}", f"{ADAS} 26112026", f"Rechnung 12345678901234 {ADAS}", structured_reference(ADAS),
            f"{structured_reference(ADAS)[:9]} {structured_reference(ADAS)[9:]} danke", f"{ADAS} {ADAS}",
        ],
    )  # fmt: skip
    def test_is_found_however_it_is_written(self, text: str) -> None:
        assert decide(payment(text), KNOWN, NUMBERS) == Match(ADA)

    def test_is_found_in_the_structured_reference(self) -> None:
        assert decide(payment(reference=structured_reference(ADAS)), KNOWN, NUMBERS) == Match(ADA)

    @pytest.mark.parametrize("scheme", list(Scheme))
    def test_is_found_by_every_scheme(self, scheme: Scheme) -> None:
        number = kassenzeichen("47", 2026, 12, scheme)
        text = payment(f"Danke {number[:7]} {number[7:]} 26112026")
        assert decide(text, {number: ADA}, Numbers("47", scheme)) == Match(ADA)

    def test_is_found_in_the_end_to_end_id(self) -> None:
        assert decide(payment(end_to_end_id=f"{ADAS}-1"), KNOWN, NUMBERS) == Match(ADA)


class TestNotCertain:
    def test_is_what_names_two_claims(self) -> None:
        assert decide(payment(f"{ADAS} und {BOBS}"), KNOWN, NUMBERS) == Match(proposals=(ADA, BOB))

    @pytest.mark.parametrize(
        "text",
        ["", "Danke", ADAS[:-1], ADAS[:-1] + str((int(ADAS[-1]) + 1) % 10), ADAS.replace("4711", "4712"),
         ADAS[:6] + "A" + ADAS[6:]],
    )  # fmt: skip
    def test_is_what_names_none_rightly(self, text: str) -> None:
        assert decide(payment(text), KNOWN, NUMBERS) == Match()

    def test_is_a_number_that_was_never_given_out(self) -> None:
        assert decide(payment(kassenzeichen(PREFIX, 2026, 999)), KNOWN, NUMBERS) == Match()

    def test_is_a_structured_reference_with_wrong_check_digits(self) -> None:
        wrong = structured_reference(ADAS)
        wrong = "RF" + f"{(int(wrong[2:4]) + 1) % 100:02d}" + wrong[4:]
        assert references(payment(reference=wrong), NUMBERS) == [ADAS]  # the Kassenzeichen in it stands

    @given(st.text(max_size=140))
    def test_is_never_a_number_with_a_wrong_digit(self, text: str) -> None:
        for found in references(payment(text), NUMBERS):
            assert kassenzeichen(PREFIX, 2000 + int(found[4:6]), int(found[6:13])) == found


class TestProposal:
    def test_needs_amount_and_name(self) -> None:
        candidates = [
            Candidate(ADA, 3060, ("Ada Lovelace",)),
            Candidate(BOB, 3061, ("Ada Lovelace",)),
            Candidate(UUID(int=3), 3060, ("Grace Hopper",)),
            Candidate(UUID(int=4), 3060, ()),
        ]
        assert propose(payment(name="LOVELACE, Ada"), candidates) == Match(proposals=(ADA,))

    def test_is_none_for_nobody(self) -> None:
        assert propose(payment(name=""), [Candidate(ADA, 3060, ("",))]) == Match()

    @pytest.mark.parametrize(
        "name", ["Dr. Jürgen Müller", "MUELLER JUERGEN", "Müller, Jürgen", "Herr Jürgen Müller"]
    )
    def test_compares_names_as_people_do(self, name: str) -> None:
        assert name_key(name) == name_key("Jürgen Müller")
