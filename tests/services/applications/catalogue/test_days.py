"""Whatever day somebody writes: it is taken, or refused at its field, and nothing ever breaks."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.catalogue.definition import FieldType
from services.applications.catalogue.examination import examine
from services.applications.catalogue.facts import Derived
from services.applications.catalogue.loading import read_catalogue
from tests.services.applications.catalogue.conftest import ACCOUNT, TODAY, Examine
from tests.services.applications.plain import DOG, PERMIT

CATALOGUE = read_catalogue()
PLAIN = {"bewohnerparkausweis": PERMIT, "hundesteuer-anmeldung": DOG}
EXTREME = [date.min, date(1582, 10, 15), date(1799, 12, 31), date(1800, 1, 1), date(1900, 1, 1), TODAY,
           date(2199, 12, 31), date(2200, 1, 1), date(9999, 1, 31), date(9999, 11, 1), date.max]  # fmt: skip
DAYS = st.one_of(st.sampled_from(EXTREME), st.dates())


def days_of(key: str) -> list[str]:
    fields = CATALOGUE.current(key).definition.fields
    return [entry.name for entry in fields if entry.type is FieldType.DATE]


class TestAnyDay:
    @pytest.mark.parametrize("key", PLAIN)
    @given(data=st.data())
    def test_is_taken_or_refused_at_a_field(self, key: str, data: Any) -> None:
        service = CATALOGUE.current(key)
        answers = PLAIN[key] | {name: data.draw(DAYS, name).isoformat() for name in days_of(key)}
        if key == "hundesteuer-anmeldung":
            answers["origin"] = data.draw(st.sampled_from(["moved_in", "shelter"]), "origin")
        found = examine(service, CATALOGUE, answers, today=TODAY, account=ACCOUNT)
        names = {entry.name for entry in service.definition.fields}
        assert {error.field for error in found.errors} <= names
        assert found.acceptable == (found.fee_cents is not None)

    def test_asks_both_services_for_days(self) -> None:
        assert days_of("bewohnerparkausweis") == ["birth_date", "start"]
        assert days_of("hundesteuer-anmeldung") == ["birth_date", "dog_born_on", "kept_since"]


class TestTheEndOfTheCalendar:
    @pytest.mark.parametrize(
        "changed",
        [
            {"origin": "moved_in", "kept_since": "9999-12-31"},
            {"dog_born_on": "9999-11-01", "kept_since": "9999-12-01"},
        ],
    )
    def test_is_refused_as_out_of_range(self, dog: Examine, changed: dict[str, str]) -> None:
        errors = {error.field: error.code for error in dog(**changed).errors}
        assert errors["kept_since"] == "date_out_of_range"

    def test_is_refused_where_a_definition_allows_it_and_the_computation_does_not(
        self, dog: Examine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> Derived:
            raise ValueError("year 10000 is out of range")

        monkeypatch.setattr("services.applications.catalogue.facts.DogTax.derive", broken)
        errors = {error.field: error.code for error in dog().errors}
        assert errors == {"dog_born_on": "not_computable", "kept_since": "not_computable"}
