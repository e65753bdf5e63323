"""The fault script of the mail server: what it does to the next mails instead of taking them."""

from dataclasses import dataclass
from typing import Literal, get_args

Mode = Literal["ok", "refuse", "hang"]
MODES: tuple[str, ...] = get_args(Mode)


@dataclass
class FaultScript:
    """`count` mails meet the fault, then all is well again; without a count it stays until it is changed."""

    mode: Mode = "ok"
    count: int | None = None

    def next(self) -> Mode:
        """What happens to the mail that comes in now."""
        mode = self.mode
        if mode != "ok" and self.count is not None:
            self.count -= 1
            if self.count <= 0:
                self.mode, self.count = "ok", None
        return mode
