"""The forms that say that money at the bank is a provider's payout, and that it is none."""

from collections.abc import Mapping
from typing import Any

from gateway.pages.money_words import place_words
from gateway.translations import Translator
from gateway.views.forms import Field, Option

Given = Mapping[str, Any]


def providers(t: Translator, item: Given, typed: Mapping[str, str], error: str = "") -> tuple[Field, ...]:
    """Whose payout it is; nothing where money left the account, or no provider is known."""
    names = item.get("payout_providers") or ()
    if item["cents"] <= 0 or not names:
        return ()
    options = tuple(Option(value=name, label=place_words(t, name)) for name in names)
    likely = item.get("provider") or ""
    return (
        Field(
            name="provider", kind="choice", label=t("payout.provider"), options=options,
            value=typed.get("provider", likely), error=t(error) if error else "",
        ),
    )  # fmt: skip


def provider_error(item: Given, typed: Mapping[str, str]) -> str:
    """What is wrong with a choice, as a key."""
    chosen = typed.get("provider", "")
    return "" if chosen in (item.get("payout_providers") or ()) else "payout.provider_missing"


def read_of(item: Given) -> dict[str, str]:
    """What a second person has read, as the form hands it on."""
    return {"provider": item["proposed_provider"], "cents": str(item["cents"])}
