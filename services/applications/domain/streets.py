"""Which parking zone a house lies in: stretches of streets by house numbers and side.

Every house lies in one zone at most; a street may run through several, with its odd and even sides apart.
A street that is unknown, a private one and a number outside every stretch are told apart, because the
citizen can mend the first and must know the other two.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from services.applications.domain.refusals import Unacceptable

Side = Literal["odd", "even", "both"]
_HOUSE: Final = re.compile(r"([1-9]\d{0,3})\s*([a-zA-Z]?)")
_ENDING: Final = re.compile(r"str(\.|asse)?(?=$|[\s-])")


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """`12` or `12a`; the letter in lower case, without a blank."""

    number: int
    letter: str = ""

    def __str__(self) -> str:
        return f"{self.number}{self.letter}"


def read_house_number(written: str) -> HouseNumber:
    """Raises Unacceptable `house_number_impossible`."""
    match = _HOUSE.fullmatch(written.strip())
    if match is None:
        raise Unacceptable("house_number_impossible")
    return HouseNumber(int(match[1]), match[2].lower())


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of house numbers of one zone, both ends included."""

    zone: str
    side: Side
    first: int
    last: int

    def covers(self, number: int) -> bool:
        return self.first <= number <= self.last and self.side in (
            "both",
            "even" if number % 2 == 0 else "odd",
        )

    def overlaps(self, other: "Stretch") -> bool:
        shared = range(max(self.first, other.first), min(self.last, other.last) + 1)
        return any(self.covers(number) and other.covers(number) for number in shared[:2])


@dataclass(frozen=True, slots=True)
class Street:
    name: str
    postal_code: str
    stretches: tuple[Stretch, ...] = ()
    private: bool = False


class StreetDirectory:
    """The streets of the city. Names are compared without case and spelling of `Straße`."""

    def __init__(self, streets: Iterable[Street]) -> None:
        self._streets = {_folded(street.name): street for street in streets}
        self.names = tuple(sorted(street.name for street in self._streets.values()))

    def find(self, written: str) -> Street:
        """Raises Unacceptable `street_unknown` (params: suggestions, at most three)."""
        folded = _folded(written)
        street = self._streets.get(folded)
        if street is None:
            close = get_close_matches(folded, self._streets, n=3, cutoff=0.8)
            raise Unacceptable("street_unknown", suggestions=[self._streets[name].name for name in close])
        return street

    def zone_of(self, street: Street, house: HouseNumber) -> str:
        """The zone's letter.

        Raises Unacceptable `street_private`, `street_without_zone` or `house_number_outside_zone`.
        """
        if street.private:
            raise Unacceptable("street_private", street=street.name)
        if not street.stretches:
            raise Unacceptable("street_without_zone", street=street.name)
        for stretch in street.stretches:
            if stretch.covers(house.number):
                return stretch.zone
        raise Unacceptable("house_number_outside_zone", street=street.name, house_number=str(house))


def _folded(name: str) -> str:
    return _ENDING.sub("strasse", " ".join(name.lower().replace("ß", "ss").split()))
