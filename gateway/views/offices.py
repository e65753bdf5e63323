"""The operator's pages: find an account, its roles and its lock."""

from dataclasses import dataclass
from typing import ClassVar

from gateway.views.forms import Field
from gateway.views.frame import Page, Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSearchPage(Page):
    template: ClassVar[str] = "work/account_search.html"
    nav: ClassVar[str] = "accounts"

    email: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage(Page):
    """`condition` is a key below `account_state.`, each of `roles` one below `role.`.

    Forms post `revoke` or `role` to `roles_action`, `reason` or nothing to `lock_action`; `message` is a key
    below `problem.`.
    """

    template: ClassVar[str] = "work/account.html"
    nav: ClassVar[str] = "accounts"

    account_id: str
    condition: str
    tone: Tone
    roles: tuple[str, ...]
    roles_action: str
    lock_action: str
    role: Field
    reason: Field
    message: str = ""
