from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.applications.catalogue.examination import examine, valid_period
from services.applications.catalogue.loading import Catalogue, read_catalogue
from tests.services.applications.catalogue.conftest import ACCOUNT, TODAY, Examine
from tests.services.applications.plain import DOG

CATALOGUE = read_catalogue()


def codes(found: Any) -> dict[str, str]:
    return {error.field: error.code for error in found.errors}


class TestPlainPermit:
    def test_is_acceptable_and_costs_by_months(self, permit: Examine) -> None:
        found = permit()
        assert (found.errors, found.fee_cents, found.months, found.reasons) == ([], 3060, 12, ())
        assert found.facts["zone"] == "L"

    def test_holds_person_account_and_plate(self, permit: Examine) -> None:
        assert permit(plate="lin ab 123").reservations == (
            ("permit_per_account", ACCOUNT),
            ("permit_per_person", "mustermann|erika|1984-08-12"),
            ("permit_per_plate", "LIN-AB 123"),
        )

    def test_reads_what_a_form_posts(self, permit: Examine) -> None:
        found = permit(months="6", holder_declaration="on", street=" lindenstr. ", house_number="12 A")
        assert found.errors == []
        assert found.answers["street"] == "Lindenstraße"
        assert found.answers["house_number"] == "12a"
        assert found.fee_cents == 1530

    def test_knows_one_person_in_two_spellings(self, permit: Examine) -> None:
        one = permit(family_name="Şimşek", given_names="Anna Maria")
        other = permit(family_name="SIMSEK", given_names="Anna-Maria")
        assert one.reservations[1] == other.reservations[1]


class TestFieldErrors:
    def test_come_all_at_once(self, permit: Examine) -> None:
        found = permit(plate="LIN-AB 0123", months=3, birth_date="31.02.1990", truth_declaration=False)
        assert codes(found) == {
            "birth_date": "not_a_date",
            "plate": "plate_impossible",
            "months": "too_small",
            "truth_declaration": "declaration_missing",
        }
        assert (found.fee_cents, found.reservations) == (None, ())

    def test_come_in_the_order_of_the_form(self, permit: Examine) -> None:
        found = permit(months=3, given_names=None, plate="!")
        assert [error.field for error in found.errors] == ["given_names", "plate", "months"]

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"given_names": None}, "required"),
            ({"given_names": "   "}, "required"),
            ({"given_names": "R2D2"}, "characters_not_allowed"),
            ({"given_names": "x" * 81}, "too_long"),
            ({"given_names": 7}, "not_a_text"),
            ({"given_names": {"a": 1}}, "not_a_text"),
            ({"remark": "a\x00b"}, "characters_not_allowed"),
            ({"birth_date": "1984-8-12"}, "not_a_date"),
            ({"birth_date": 19840812}, "not_a_date"),
            ({"birth_date": "2026-11-22"}, "birth_date_in_future"),
            ({"birth_date": "1899-12-31"}, "birth_date_too_early"),
            ({"street": "Lindnestraße"}, "street_unknown"),
            ({"street": "Schlosshof"}, "street_private"),
            ({"street": "Heideweg"}, "street_without_zone"),
            ({"street": "Lange Straße", "house_number": "59"}, "house_number_outside_zone"),
            ({"house_number": "twelve"}, "house_number_impossible"),
            ({"postal_code": "1234"}, "postal_code_impossible"),
            ({"postal_code": "99999"}, "postal_code_differs"),
            ({"registered_in": "moon"}, "not_an_option"),
            ({"plate": "BMA1"}, "plate_ambiguous"),
            ({"holder_declaration": None}, "declaration_missing"),
            ({"holder_declaration": "maybe"}, "not_a_declaration"),
            ({"holder": "lent", "holder_declaration": None}, "declaration_missing"),
            ({"further_plates": "LIN-AB 123"}, "plate_twice"),
            ({"further_plates": "LIN-A 1, LIN-A 2, LIN-A 3, LIN-A 4"}, "too_many"),
            ({"start": "2026-11-21"}, "start_in_past"),
            ({"start": "2027-01-22"}, "start_too_late"),
            ({"months": 5}, "too_small"),
            ({"months": 25}, "too_large"),
            ({"months": "12.5"}, "not_a_number"),
            ({"months": True}, "not_a_number"),
            ({"months": "٦"}, "not_a_number"),
            ({"wheels": "4"}, "field_unknown"),
        ],
    )
    def test_have_a_code_each(self, permit: Examine, changed: dict[str, Any], code: str) -> None:
        assert list(codes(permit(**changed)).values()) == [code]

    def test_suggest_the_street_that_was_meant(self, permit: Examine) -> None:
        (error,) = permit(street="Lindnestraße").errors
        assert "Lindenstraße" in error.params["suggestions"]

    @pytest.mark.parametrize("start", ["2026-11-22", "2027-01-21"])
    def test_leave_the_first_and_last_day_alone(self, permit: Examine, start: str) -> None:
        assert permit(start=start).errors == []

    @pytest.mark.parametrize("months", [6, 24])
    def test_leave_the_shortest_and_longest_period_alone(self, permit: Examine, months: int) -> None:
        assert permit(months=months).fee_cents == months * 255


class TestReasonsForAClerk:
    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            (
                {"holder": "company", "holder_declaration": None, "holder_consent": True},
                "vehicle_of_another_holder",
            ),
            ({"plate": "LIN-AB 123 04-10"}, "season_plate"),
            ({"registered_in": "abroad", "plate": "WA 12345"}, "foreign_plate"),
            ({"further_plates": "LIN-X 1"}, "several_plates"),
            ({"remark": "Bitte schnell"}, "remark"),
        ],
    )
    def test_are_told_when_the_case_is_not_plain(
        self, permit: Examine, changed: dict[str, Any], reason: str
    ) -> None:
        found = permit(**changed)
        assert (found.errors, found.reasons) == ([], (reason,))

    def test_add_up(self, permit: Examine) -> None:
        assert permit(remark="x", further_plates="LIN-X 1").reasons == ("several_plates", "remark")

    def test_reserve_every_plate(self, permit: Examine) -> None:
        held = [
            value
            for scope, value in permit(further_plates=["LIN-X 1"]).reservations
            if scope == "permit_per_plate"
        ]
        assert held == ["LIN-AB 123", "LIN-X 1"]


class TestDogTax:
    def test_computes_the_rest_of_the_year(self, dog: Examine) -> None:
        found = dog(today=date(2026, 5, 20))
        assert (found.errors, found.fee_cents, found.reasons) == ([], 5600, ())
        assert found.assessment is not None
        assert [part["cents"] for part in found.assessment["instalments"]] == [1400, 2100, 2100]

    def test_raises_the_first_dog_with_the_second(self, dog: Examine) -> None:
        found = dog(other_dogs=1, today=date(2026, 5, 20))
        assert found.fee_cents == (9600 + 1200) * 8 // 12
        assert found.reasons == ("other_dogs_change",)

    def test_leaves_the_others_alone_with_the_third(self, dog: Examine) -> None:
        assert dog(other_dogs=2, today=date(2026, 5, 20)).fee_cents == 9600 * 8 // 12

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({"breed": "Bullterrier-Mix"}, "dangerous_dog"),
            ({"reduction": "assistance_dog"}, "reduction_requested"),
            ({"kept_since": "2025-05-10"}, "earlier_year"),
        ],
    )
    def test_needs_a_clerk_in_hard_cases(self, dog: Examine, changed: dict[str, Any], reason: str) -> None:
        assert dog(**changed).reasons == (reason,)

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"dog_born_on": "2026-05-11"}, "kept_before_birth"),
            ({"dog_born_on": "2026-12-01", "kept_since": "2026-12-02"}, "dog_born_in_future"),
            ({"kept_since": "2026-11-23"}, "kept_since_in_future"),
            ({"chip_number": "12345"}, "chip_number_impossible"),
            ({"origin": "acquired"}, "required"),
            ({"other_dogs": 10}, "too_large"),
            ({"street": "Nirgendweg"}, "street_unknown"),
        ],
    )
    def test_refuses_what_cannot_be(self, dog: Examine, changed: dict[str, Any], code: str) -> None:
        assert code in codes(dog(**changed)).values()

    @settings(max_examples=60, deadline=None)
    @given(
        kept=st.dates(date(2024, 4, 1), TODAY),
        others=st.integers(0, 9),
        moved=st.booleans(),
        breed=st.sampled_from(["Beagle", "Bullterrier"]),
    )
    def test_charges_what_the_instalments_add_up_to(
        self, kept: date, others: int, moved: bool, breed: str
    ) -> None:
        answers = DOG | {
            "kept_since": kept.isoformat(),
            "other_dogs": others,
            "breed": breed,
            "origin": "moved_in" if moved else "shelter",
        }
        service = CATALOGUE.current("hundesteuer-anmeldung")
        found = examine(service, CATALOGUE, answers, today=TODAY, account=ACCOUNT)
        assert found.assessment is not None
        assert found.fee_cents == found.assessment["total_cents"]
        assert found.fee_cents == sum(part["cents"] for part in found.assessment["instalments"])


class TestArbitraryInput:
    @settings(max_examples=150, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(
                [field.name for field in CATALOGUE.current("bewohnerparkausweis").definition.fields]
            ),
            st.one_of(
                st.text(max_size=40), st.integers(), st.booleans(), st.none(), st.lists(st.text(max_size=5))
            ),
        )
    )
    def test_is_answered_by_codes_and_never_by_a_crash(self, answers: dict[str, Any]) -> None:
        service = CATALOGUE.current("bewohnerparkausweis")
        found = examine(service, CATALOGUE, answers, today=TODAY, account=ACCOUNT)
        assert found.errors
        assert found.fee_cents is None


class TestValidPeriod:
    def test_ends_the_day_before(self) -> None:
        assert valid_period(date(2026, 12, 1), 12) == (date(2026, 12, 1), date(2027, 11, 30))

    def test_stops_at_a_short_month(self) -> None:
        assert valid_period(date(2026, 8, 31), 6) == (date(2026, 8, 31), date(2027, 2, 27))

    def test_may_be_without_end(self) -> None:
        assert valid_period(date(2026, 12, 1), 0) == (date(2026, 12, 1), None)


def test_examination_leaves_the_catalogue_as_it_was(catalogue: Catalogue, permit: Examine) -> None:
    before = catalogue.current("bewohnerparkausweis").vocabulary.empty()
    permit(further_plates="LIN-X 1")
    assert catalogue.current("bewohnerparkausweis").vocabulary.empty() == before
