"""The port to external identification (BundID through a broker, eID, ELSTER); its adapters come later.

Who calls: the sign-in pages, while a citizen is signed in and wishes to prove who they are. When: `begin`
before the browser leaves for the provider, `complete` when it comes back, once for each beginning.

What an adapter guarantees: the answer was asked for by this very browser (state and nonce, OpenID Connect
Core 3.1.2), its signature, issuer, audience and time were verified, and every attribute bears the level the
provider gave *to that attribute*, not the level of the login: a telephone number typed by hand stays `mail`
in an eID login. `subject` is the pseudonym for this service provider (bPK2 at BundID); it names the person
at this provider and nowhere else. Accounts are never merged by name and birth date.

What must not happen here: no account is made, changed or looked up, and nothing is kept or logged of what
the provider said; `record_identification` of the account decides what counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.identity.domain.attributes import Trust


class IdentificationFailed(Exception):
    """The provider refused, the citizen cancelled, or the answer does not hold; the message is a slug."""


@dataclass(frozen=True, slots=True)
class AssertedAttribute:
    """A value and how far it may be trusted."""

    value: str
    trust: Trust


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a provider vouches for. `assertion_id` is unique at the provider: it counts once.

    `attributes` uses the names of `domain.attributes.PROFILE_FIELDS`; others are left out by the adapter.
    """

    provider: str
    subject: str
    assertion_id: str
    level: Trust
    attributes: Mapping[str, AssertedAttribute]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the browser goes, and what has to be kept in its session until it comes back."""

    redirect_url: str
    kept: str


class Identification(Protocol):
    """One provider of identification. `name` becomes the source of its attributes."""

    @property
    def name(self) -> str: ...

    async def begin(self, return_url: str, wanted: Trust) -> Beginning:
        """Prepares one identification of at least the level `wanted`. Raises IdentificationFailed."""
        ...

    async def complete(self, kept: str, answer: Mapping[str, str]) -> Assertion:
        """Verifies what the browser brought back. Raises IdentificationFailed."""
        ...
