"""The city's own data: zones, streets, tariffs, the dog tax statute. Read once, at start."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from services.applications.catalogue.definition import Code, Part, Words
from services.applications.domain.dog_tax import Begin, Statute, Tier
from services.applications.domain.instalments import MONTHS
from services.applications.domain.streets import Side, Street, StreetDirectory, Stretch
from shared.settings import StartRefused

EVERY_YEAR: Final = 2026
"""A year without a leap day."""
ZoneLetter = Annotated[str, Field(pattern=r"^[A-Z]$")]
TPart = TypeVar("TPart", bound=BaseModel)


class CatalogueError(StartRefused):
    """A file of the catalogue is wrong: which file, where in it, and what, in one sentence."""

    def __init__(self, file: Path, path: str, sentence: str) -> None:
        super().__init__(f"Not started: {': '.join(part for part in (str(file), path, sentence) if part)}.")
        self.file, self.path, self.sentence = file, path, sentence


class StretchEntry(Part):
    zone: ZoneLetter
    side: Side = "both"
    first: int = Field(default=1, ge=1)
    last: int = Field(default=9999, ge=1)


class StreetEntry(Part):
    """`zone` for a whole street, `stretches` for a split one, neither for a street without a zone."""

    name: str
    postal_code: str | None = Field(default=None, pattern=r"^\d{5}$")
    zone: ZoneLetter | None = None
    stretches: tuple[StretchEntry, ...] = ()
    private: bool = False

    @model_validator(mode="after")
    def _one_zone_a_house(self) -> "StreetEntry":
        if sum((self.zone is not None, bool(self.stretches), self.private)) > 1:
            raise ValueError("either zone, stretches or private")
        for one, other in combinations(self.as_street("").stretches, 2):
            if one.overlaps(other):
                raise ValueError(f"{self.name}: two stretches cover the same houses")
        return self

    def as_street(self, postal_code: str) -> Street:
        whole = (StretchEntry(zone=self.zone),) if self.zone else self.stretches
        stretches = tuple(Stretch(entry.zone, entry.side, entry.first, entry.last) for entry in whole)
        return Street(self.name, self.postal_code or postal_code, stretches, self.private)


class ZonesFile(Part):
    city: str
    postal_code: str = Field(pattern=r"^\d{5}$")
    zones: dict[ZoneLetter, str]
    streets: tuple[StreetEntry, ...]

    @model_validator(mode="after")
    def _known_zones(self) -> "ZonesFile":
        named = {stretch.zone for street in self.streets for stretch in street.as_street("").stretches}
        if named - self.zones.keys():
            raise ValueError(f"streets name zones that do not exist: {sorted(named - self.zones.keys())}")
        names = [street.name for street in self.streets]
        if len(names) != len(set(names)):
            raise ValueError("a street is listed twice")
        return self


class Rates(Part):
    """Integer amounts in cents, in force from a day on."""

    valid_from: date
    cents: dict[Code, int]


class Tariff(Part):
    """A tariff through time; each entry names the same amounts."""

    legal_basis: Words
    rates: tuple[Rates, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _same_names_in_order(self) -> "Tariff":
        if any(rate.cents.keys() != self.rates[0].cents.keys() for rate in self.rates):
            raise ValueError("every entry of a tariff names the same amounts")
        if list(self.rates) != sorted(self.rates, key=lambda rate: rate.valid_from):
            raise ValueError("the entries of a tariff stand in the order of their days")
        return self

    def on(self, day: date) -> dict[Code, int]:
        """The amounts in force on a day; before the first entry, those of the first."""
        in_force = [rate for rate in self.rates if rate.valid_from <= day] or [self.rates[0]]
        return in_force[-1].cents


class TiersEntry(Part):
    dogs_from: int = Field(ge=1)
    cents: int = Field(ge=0)


class DogTaxFile(Part):
    legal_basis: Words
    tiers: tuple[TiersEntry, ...] = Field(min_length=1)
    dangerous_cents: int = Field(ge=0)
    dangerous_breeds: tuple[str, ...]
    on_acquisition: Begin
    on_moving_in: Begin
    puppy_months: int = Field(ge=0, le=12)
    due_days: tuple[tuple[int, int], ...] = Field(min_length=1, max_length=12)
    first_due_months: int = Field(ge=0, le=12)

    @model_validator(mode="after")
    def _equal_parts_of_a_year(self) -> "DogTaxFile":
        if MONTHS % len(self.due_days):
            raise ValueError("the due days divide a year into parts of whole months")
        try:
            days = [date(EVERY_YEAR, month, day) for month, day in self.due_days]
        except ValueError as error:
            raise ValueError("a due day is one that every year has") from error
        if days != sorted(set(days)):
            raise ValueError("the due days stand in the order of the year")
        return self

    def as_statute(self) -> Statute:
        return Statute(
            tiers=tuple(Tier(entry.dogs_from, entry.cents) for entry in self.tiers),
            dangerous_cents=self.dangerous_cents,
            dangerous_breeds=self.dangerous_breeds,
            on_acquisition=self.on_acquisition,
            on_moving_in=self.on_moving_in,
            puppy_months=self.puppy_months,
            due_days=self.due_days,
            first_due_months=self.first_due_months,
        )


class City:
    """All of it, as the services of the catalogue use it."""

    def __init__(self, zones: ZonesFile, tariffs: dict[Code, Tariff], dog_tax: DogTaxFile) -> None:
        self.name, self.zones = zones.city, zones.zones
        self.streets = StreetDirectory(entry.as_street(zones.postal_code) for entry in zones.streets)
        self.tariffs, self.dog_tax = tariffs, dog_tax.as_statute()


class TariffsFile(Part):
    tariffs: dict[Code, Tariff]


def read_city(folder: Path) -> City:
    """Raises CatalogueError."""
    return City(
        read_part(folder / "zones.yaml", ZonesFile),
        read_part(folder / "tariffs.yaml", TariffsFile).tariffs,
        read_part(folder / "dog-tax.yaml", DogTaxFile),
    )


def read_part(file: Path, model: type[TPart]) -> TPart:
    """One YAML file as `model`. Raises CatalogueError with the path of the first thing that is wrong."""
    try:
        return model.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except OSError as error:
        raise CatalogueError(file, "", f"cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise CatalogueError(file, "", f"is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first: Any = error.errors()[0]
        raise CatalogueError(file, ".".join(_steps(first["loc"])), first["msg"]) from error


def _steps(location: tuple[str | int, ...]) -> Iterator[str]:
    return (str(step) for step in location)
