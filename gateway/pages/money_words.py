"""What the cash office's pages say in words: accounts of the ledger, ways to pay, who did something."""

from typing import Final

from gateway.translations import Translator
from gateway.visit import Visit

RULE: Final = "rule"
"""Who asked for a refund where payments did by itself."""


def account_words(t: Translator, account: str) -> str:
    """`provider:paypal` → Guthaben bei PayPal."""
    kind, _, name = account.partition(":")
    key = f"ledger_account.{kind}"
    named = place_words(t, name) if kind in {"provider", "fees", "transit"} else name
    return t(key, name=named) if t.known(key) else account


def place_words(t: Translator, place: str) -> str:
    """Where money lies: a provider by its name, the bank and the till in words."""
    key = f"money_place.{place}"
    return t(key) if t.known(key) else place


def method_words(t: Translator, method: str) -> str:
    key = f"method.{method}.name"
    return t(key) if t.known(key) else place_words(t, method)


def who(visit: Visit, actor: str, citizen: str | None) -> str:
    """A key below `cash_actor.`: never a name, but oneself is told from a colleague."""
    kind, _, name = actor.rpartition(":")
    if kind not in {"", "account"} or name == RULE or not name:
        return "system"
    if visit.account is not None and name == visit.account.account_id:
        return "you"
    return "citizen" if name == citizen else "colleague"
