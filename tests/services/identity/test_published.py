"""What leaves identity: names that stay, and never a word about the person."""

import json

import pytest

from services.identity.domain import account_events  # noqa: F401 - registers the stored names
from services.identity.published import PUBLISHED
from shared.domain import stored_names
from tests.services.identity.gateway_side import Identity, new_address, until

STORED = [
    "account_erased",
    "account_locked",
    "account_registered",
    "account_unlocked",
    "confirmation_requested",
    "email_confirmed",
    "erasure_requested",
    "identification_recorded",
    "password_changed",
    "password_reset_requested",
    "profile_changed",
    "role_granted",
    "role_revoked",
]
PUBLIC = {
    "identity.account_erased.v1": {"account_id"},
    "identity.account_registered.v1": {"account_id"},
    "identity.email_confirmed.v1": {"account_id"},
    "identity.profile_changed.v1": {"account_id", "version"},
    "identity.role_granted.v1": {"account_id", "role"},
    "identity.role_revoked.v1": {"account_id", "role"},
    "identity.password_changed.v1": {"account_id"},
}


class TestNames:
    def test_are_literals_that_stay(self) -> None:
        own = [name for name in stored_names() if name.startswith("identity.")]
        assert own == [f"identity.{name}" for name in STORED]

    def test_are_public_for_these_events_alone(self) -> None:
        found = {public.type("identity"): set(public.model.model_fields) for public in PUBLISHED}
        assert found == PUBLIC

    def test_have_an_example_that_reads_back(self) -> None:
        for public in PUBLISHED:
            assert public.model.model_validate_json(public.example.model_dump_json()) == public.example


@pytest.mark.integration
class TestTheFeed:
    async def test_tells_the_story_of_an_account_without_the_person(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)

        async def story() -> list[str] | None:
            envelopes = await identity.runtime.pool.fetch("SELECT envelope FROM feed ORDER BY sequence")
            events = [json.loads(row["envelope"]) for row in envelopes]
            own = [event["type"] for event in events if event["subject"] == account_id]
            assert email not in repr(events)
            return own if len(own) == 3 else None

        assert await until(story) == [
            "identity.account_registered.v1",
            "identity.email_confirmed.v1",
            "identity.role_granted.v1",
        ]
