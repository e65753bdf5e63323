"""A citizen gives up what was granted before it ends."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingPage(Page):
    """What ends and what comes back, before anything is confirmed: each reason says what it leads to.

    `gives_back` where money may go back, or nobody can tell now; `message` is a key below `problem.`.
    """

    template: ClassVar[str] = "ending.html"
    nav: ClassVar[str] = "cases"

    action: str
    back_url: str
    number: str
    title: str
    valid_until: date
    gives_back: bool
    fields: tuple[Field, ...]
    hidden: dict[str, str] = field(default_factory=dict)
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)
