"""The operator's page of ways to pay and their providers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from gateway.views.forms import Field
from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A way to pay or a provider. `title` is its name in words, `state` a key below `switch_state.`; `since`
    and `reason` are the switching's, `until` how long its own failures keep a provider out; `of` is the other
    side in words."""

    kind: Literal["method", "provider"]
    name: str
    title: str
    state: str
    tone: Tone
    url: str = ""
    of: str = ""
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    failures: int = 0

    @property
    def is_off(self) -> bool:
        return self.state == "switched_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchesPage(Page):
    template: ClassVar[str] = "work/switches.html"
    nav: ClassVar[str] = "switches"

    methods: tuple[Switch, ...]
    providers: tuple[Switch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPage(Page):
    """Asks before it switches: posts `reason` and `hidden` (what it shall be). `message` is a key below
    `problem.`."""

    template: ClassVar[str] = "work/switch.html"
    nav: ClassVar[str] = "switches"

    switch: Switch
    reason: Field
    hidden: dict[str, str] = field(default_factory=dict)
    message: str = ""
