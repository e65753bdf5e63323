"""What bank or provider did without our order: the form, and the question before it is booked."""

from dataclasses import dataclass, field
from typing import ClassVar

from gateway.views.forms import Answer, Field
from gateway.views.frame import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMovePage(Page):
    """`fields` post to `action` with `hidden`; none where `why_not`, a key below `provider_move_why_not.`."""

    template: ClassVar[str] = "work/provider_move.html"
    nav: ClassVar[str] = "money"

    kassenzeichen: str
    claim_url: str
    action: str
    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    why_not: str = ""
    message: str = ""

    @property
    def faulty(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMoveReviewPage(Page):
    """What would be booked, in words; `what` is a key below `provider_move_effect.`. `hidden` books it, or
    goes back to the form with what was typed."""

    template: ClassVar[str] = "work/provider_move_review.html"
    nav: ClassVar[str] = "money"

    kassenzeichen: str
    claim_url: str
    action: str
    what: str
    facts: tuple[Answer, ...]
    hidden: dict[str, str]
