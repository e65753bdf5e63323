"""German number plates (FZV annexes 1 and 2): normalised to `LIN-AB 123`, one spelling for one vehicle.

`B-MA 1` and `BM-A 1` are two vehicles: without a separator a spelling that fits both is refused, never
guessed, because the normal form decides whether a permit already exists for the plate.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.applications.domain.refusals import Unacceptable

LONGEST: Final = 8
_SEASON = re.compile(r"[\s(]*(\d{2})\s*[-–/]\s*(\d{2})\)?$")
_SEPARATED = re.compile(r"([A-ZÄÖÜ]{1,3})(?:\s*[-–:·.]\s*|\s+)([A-Z]{1,2})[\s\-–]*([1-9]\d{0,3})\s*([EH]?)")
_JOINED = re.compile(r"([A-ZÄÖÜ]{2,5})[\s\-–]*([1-9]\d{0,3})\s*([EH]?)")
_FOREIGN = re.compile(r"[A-Z0-9ÄÖÜ][A-Z0-9ÄÖÜ \-]{1,14}")
_SEASON_MONTHS: Final = range(2, 12)


class PlateKind(StrEnum):
    """What the plate says of the vehicle; all but `ordinary`, `electric` and `historic` need a clerk."""

    ORDINARY = "ordinary"
    ELECTRIC = "electric"
    HISTORIC = "historic"
    SEASON = "season"
    FOREIGN = "foreign"


_BY_SUFFIX: Final = {"": PlateKind.ORDINARY, "E": PlateKind.ELECTRIC, "H": PlateKind.HISTORIC}


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate in its normal form; of a season plate without the months."""

    text: str
    kind: PlateKind


def read_plate(written: str, *, foreign: bool = False) -> Plate:
    """The plate a citizen wrote.

    Raises Unacceptable: `plate_impossible`, `plate_ambiguous` (params: candidates),
    `plate_season_impossible`.
    """
    text = " ".join(written.upper().split())
    if foreign:
        return _foreign(text)
    season = _SEASON.search(text)
    if season is None:
        return _german(text)
    _check_season(int(season[1]), int(season[2]))
    return Plate(_german(text[: season.start()].rstrip()).text, PlateKind.SEASON)


def _foreign(text: str) -> Plate:
    if not _FOREIGN.fullmatch(text) or not any(mark.isdigit() for mark in text):
        raise Unacceptable("plate_impossible")
    return Plate(text, PlateKind.FOREIGN)


def _check_season(first: int, last: int) -> None:
    # § 9 (3) FZV: two to eleven months; the period may run over the turn of the year
    months = (last - first) % 12 + 1
    if not (1 <= first <= 12 and 1 <= last <= 12 and months in _SEASON_MONTHS):
        raise Unacceptable("plate_season_impossible")


def _german(text: str) -> Plate:
    separated = _SEPARATED.fullmatch(text)
    if separated:
        return _assembled(*separated.groups())
    joined = _JOINED.fullmatch(text)
    if joined is None:
        raise Unacceptable("plate_impossible")
    letters, digits, suffix = joined.groups()
    splits = [(letters[:cut], letters[cut:]) for cut in (1, 2, 3)]
    fits = [(place, own) for place, own in splits if 1 <= len(own) <= 2 and own.isascii()]
    if len(fits) > 1:
        candidates = [_assembled(place, own, digits, suffix).text for place, own in fits]
        raise Unacceptable("plate_ambiguous", candidates=candidates)
    if not fits:
        raise Unacceptable("plate_impossible")
    return _assembled(*fits[0], digits, suffix)


def _assembled(place: str, own: str, digits: str, suffix: str) -> Plate:
    if len(place + own + digits + suffix) > LONGEST:
        raise Unacceptable("plate_impossible")
    return Plate(f"{place}-{own} {digits}{suffix}", _BY_SUFFIX[suffix])
