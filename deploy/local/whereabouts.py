"""Where the running portal is, written down while it runs, for commands that come later."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.places import CannotStart

FILE = "running.json"


@dataclass(frozen=True)
class Whereabouts:
    """Ports by name, and the broker with the prefix of our names on it."""

    ports: Mapping[str, int]
    broker_url: str
    name_prefix: str

    def save(self, state: Path) -> None:
        """The broker's password is in it: readable by the owner alone."""
        file = state / FILE
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, state: Path) -> "Whereabouts":
        """Raises CannotStart when nothing runs."""
        try:
            return cls(**json.loads((state / FILE).read_text()))
        except FileNotFoundError:
            raise CannotStart("The portal does not run: start it with `make run`.") from None


def forget_whereabouts(state: Path) -> None:
    (state / FILE).unlink(missing_ok=True)
