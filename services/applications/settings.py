"""Settings of the applications service beside those of every service."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from services.applications.catalogue.loading import HERE
from services.applications.catalogue.publication import DUNNING
from shared.settings import ServiceSettings, TimeZone


class ApplicationsSettings(ServiceSettings):
    """`pay_within_days`: an unpaid case expires after this many full days in the city.

    A transfer that the payer has chosen is awaited `transfer_days` longer, and a debit or a payment under
    way as long as payments has no word of it; where that fails, there are `pay_again_days` to pay otherwise.
    A part of the fee gives as many for the rest, together at most `parts_days` from the first part on.
    `remind_unpaid_days` before it expires the citizen is reminded, never with 0.

    `catalogue` holds `<service>/v<n>.yaml`, `city` zones, tariffs and statutes: those of Lindenau unless
    a city brings its own. `dunning_steps` are the names alone of the steps that payments is told by the same
    variable: what a service rests on must be one of them.
    """

    catalogue: Path = HERE / "data"
    city: Path = HERE / "city"
    register_url: str = "http://127.0.0.1:8107"
    register_timeout_seconds: float = Field(default=10.0, gt=0)
    register_tries: int = Field(default=7, ge=1)
    pay_within_days: int = Field(default=7, ge=1)
    transfer_days: int = Field(default=5, ge=0)
    pay_again_days: int = Field(default=7, ge=1)
    parts_days: int = Field(default=28, ge=0)
    remind_unpaid_days: int = Field(default=2, ge=0)
    city_time_zone: TimeZone = "Europe/Berlin"
    dunning_steps: tuple[str, ...] = DUNNING

    @field_validator("dunning_steps", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        steps = json.loads(value) if isinstance(value, str) else value
        if not isinstance(steps, (list, tuple)):
            return steps
        return [step.get("name") if isinstance(step, dict) else step for step in steps]
