"""Facts a form alone cannot hold: the zone of a house, the begin of a tax. Providers are pure over city data.

A definition says which field feeds which input; what a provider refuses is told at that field.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol

from services.applications.catalogue.city import City
from services.applications.catalogue.expressions import Kind
from services.applications.domain.dog_tax import Assessment, Statute, assess
from services.applications.domain.refusals import Unacceptable
from services.applications.domain.streets import StreetDirectory, read_house_number

DueDays = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """What a provider found: values by output name, refusals and official spellings by *input* name."""

    values: Mapping[str, Any] = field(default_factory=dict)
    spelt: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Unacceptable] = field(default_factory=dict)
    assessment: Mapping[str, Any] | None = None


class FactProvider(Protocol):
    """Called with all its inputs answered and acceptable, never with fewer; looks nothing up outside.

    `due_days` are the (month, day) on which what it assesses falls due, none where it assesses nothing.
    """

    inputs: Mapping[str, Kind]
    outputs: Mapping[str, Kind]
    due_days: DueDays

    def derive(self, given: Mapping[str, Any], today: date) -> Derived: ...


class ParkingZone:
    """The resident parking zone of a house."""

    inputs: Mapping[str, Kind] = {"street": Kind.TEXT, "house_number": Kind.TEXT}
    outputs: Mapping[str, Kind] = {"zone": Kind.TEXT, "street_postal_code": Kind.TEXT}
    due_days: DueDays = ()

    def __init__(self, streets: StreetDirectory) -> None:
        self._streets = streets

    def derive(self, given: Mapping[str, Any], today: date) -> Derived:
        try:
            street = self._streets.find(given["street"])
        except Unacceptable as refusal:
            return Derived(refused={"street": refusal})
        try:
            zone = self._streets.zone_of(street, read_house_number(given["house_number"]))
        except Unacceptable as refusal:
            concerned = "house_number" if refusal.code == "house_number_outside_zone" else "street"
            return Derived(refused={concerned: refusal})
        return Derived({"zone": zone, "street_postal_code": street.postal_code}, {"street": street.name})


class Household:
    """A known street of the city; any house number."""

    inputs: Mapping[str, Kind] = {"street": Kind.TEXT}
    outputs: Mapping[str, Kind] = {"street_postal_code": Kind.TEXT}
    due_days: DueDays = ()

    def __init__(self, streets: StreetDirectory) -> None:
        self._streets = streets

    def derive(self, given: Mapping[str, Any], today: date) -> Derived:
        try:
            street = self._streets.find(given["street"])
        except Unacceptable as refusal:
            return Derived(refused={"street": refusal})
        return Derived({"street_postal_code": street.postal_code}, {"street": street.name})


class Person:
    """One spelling for one person: names without case and accents, and the day of birth."""

    inputs: Mapping[str, Kind] = {"family_name": Kind.TEXT, "given_names": Kind.TEXT, "birth_date": Kind.DATE}
    outputs: Mapping[str, Kind] = {"person_key": Kind.TEXT}
    due_days: DueDays = ()

    def derive(self, given: Mapping[str, Any], today: date) -> Derived:
        names = (_folded(given["family_name"]), _folded(given["given_names"]))
        return Derived({"person_key": "|".join((*names, given["birth_date"].isoformat()))})


class DogTax:
    """The tax of one more dog in a household for the rest of the year, and what it changes for the others."""

    inputs: Mapping[str, Kind] = {
        "breed": Kind.TEXT,
        "dog_born_on": Kind.DATE,
        "kept_since": Kind.DATE,
        "origin": Kind.TEXT,
        "other_dogs": Kind.INTEGER,
    }
    outputs: Mapping[str, Kind] = {
        "liable_from": Kind.DATE,
        "liable_months": Kind.INTEGER,
        "liable_year": Kind.INTEGER,
        "dangerous": Kind.TRUTH,
        "rate_cents": Kind.INTEGER,
        "others_rise_cents": Kind.INTEGER,
    }

    def __init__(self, statute: Statute) -> None:
        self._statute, self.due_days = statute, statute.due_days

    def derive(self, given: Mapping[str, Any], today: date) -> Derived:
        if given["dog_born_on"] > given["kept_since"]:
            return Derived(refused={"kept_since": Unacceptable("kept_before_birth")})
        statute, others = self._statute, given["other_dogs"]
        dangerous = statute.is_dangerous(given["breed"])
        liable_from = statute.liable_from(
            kept_since=given["kept_since"],
            born_on=given["dog_born_on"],
            moved_in=given["origin"] == "moved_in",
        )
        rate = statute.annual_cents(others + 1, dangerous=dangerous)
        rise = others and others * (
            statute.annual_cents(others + 1, dangerous=False) - statute.annual_cents(others, dangerous=False)
        )
        assessed = assess(statute, annual_cents=rate + rise, liable_from=liable_from, notified_on=today)
        values = {
            "liable_from": liable_from,
            "liable_months": assessed.months,
            "liable_year": liable_from.year,
            "dangerous": dangerous,
            "rate_cents": rate,
            "others_rise_cents": rise,
        }
        return Derived(values, assessment=_shown(assessed, rate, rise, liable_from))


def providers(city: City) -> Mapping[str, FactProvider]:
    """All providers by the name a definition uses."""
    return {
        "parking_zone": ParkingZone(city.streets),
        "household": Household(city.streets),
        "person": Person(),
        "dog_tax": DogTax(city.dog_tax),
    }


def _shown(assessed: Assessment, rate: int, rise: int, liable_from: date) -> dict[str, Any]:
    return {
        "year": assessed.year,
        "months": assessed.months,
        "liable_from": liable_from.isoformat(),
        "rate_cents": rate,
        "others_rise_cents": rise,
        "total_cents": assessed.total_cents,
        "instalments": [
            {"due_on": part.due_on.isoformat(), "cents": part.cents} for part in assessed.instalments
        ],
    }


_EXPANDED: Final = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


def _folded(name: str) -> str:
    bare = unicodedata.normalize("NFD", name.lower().translate(_EXPANDED))
    return "".join(mark for mark in bare if mark.isalpha())
