"""What is known of a person: each attribute with its source and the trust it deserves.

The level belongs to the attribute, not to the login: a hand-typed address stays at `mail` however its
owner signed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

Trust = Literal["mail", "basic", "substantial", "high"]
TRUST_LEVELS: Final[tuple[Trust, ...]] = get_args(Trust)
BY_HAND: Final = "self"

PROFILE_FIELDS: Final = (
    "given_names",
    "family_name",
    "birth_date",
    "street",
    "house_number",
    "postal_code",
    "city",
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; `source` is `self` or the name of the identification provider."""

    value: str
    source: str
    trust: Trust
    recorded_at: datetime


Attributes = Mapping[str, Attribute]


def rank(trust: str) -> int:
    """0 for `mail` to 3 for `high`. Raises ValueError for another word."""
    return TRUST_LEVELS.index(trust)


def with_own_word(known: Attributes, values: Mapping[str, str | None], now: datetime) -> dict[str, Attribute]:
    """`known` after the citizen's own entries: what is unchanged keeps its source, an empty value goes."""
    after = {name: known[name] for name in known if name not in values}
    for name, value in values.items():
        if not value:
            continue
        before = known.get(name)
        same = before is not None and before.value == value
        after[name] = before if same and before else Attribute(value, BY_HAND, "mail", now)
    return after


def with_assertion(known: Attributes, asserted: Attributes) -> dict[str, Attribute]:
    """`known` after an identification: an attribute never falls to a lower level of trust by it."""
    return {
        **known,
        **{
            name: attribute
            for name, attribute in asserted.items()
            if name not in known or rank(attribute.trust) >= rank(known[name].trust)
        },
    }
