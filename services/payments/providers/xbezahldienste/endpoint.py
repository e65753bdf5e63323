"""Where and under which names a city takes money by XBezahldienste, and the version its platform speaks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")


@dataclass(frozen=True, slots=True)
class Version:
    """What a version of the interface calls things that another calls otherwise."""

    number: str
    amount: str


VERSIONS = {
    # 1.0.0 misspells the gross amount. 1.2.0 seems to rename it: once its name is verified, it gets a line.
    "1.0": Version("1.0", "grosAmount"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`base_url` is the folder that holds `paymenttransaction/` and `status`.

    `booking_data` goes with every payment into the platform's books, in the names that the platform wants;
    `{kassenzeichen}` in a value stands for the claim's.
    """

    base_url: str
    originator_id: str
    end_point_id: str
    version: Version = VERSIONS["1.0"]
    booking_data: Mapping[str, str] = field(default_factory=lambda: {"kassenzeichen": "{kassenzeichen}"})

    def __post_init__(self) -> None:
        for value in (self.originator_id, self.end_point_id):
            if not _ID.fullmatch(value):
                raise ValueError("originator and end point have 1 to 36 letters, digits, _ and -")

    @property
    def transactions(self) -> str:
        """The address that payments are started at, with a slash at its end."""
        return f"{self._base}paymenttransaction/{self.originator_id}/{self.end_point_id}/"

    @property
    def _base(self) -> str:
        return self.base_url.rstrip("/") + "/"


def is_id(value: str) -> bool:
    """Whether the platform may use this as the id of a transaction."""
    return _ID.fullmatch(value) is not None
