"""Settings of the applications service beside those of every service."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class ApplicationsSettings(ServiceSettings):
    """`pay_within_days`: an unpaid case expires after this many full days in the city. `catalogue_dir` holds
    `<service>/v<n>.yaml`; without one, the services that come along are offered."""

    register_url: str = "http://127.0.0.1:8107"
    register_timeout_seconds: float = Field(default=10.0, gt=0)
    register_tries: int = Field(default=7, ge=1)
    pay_within_days: int = Field(default=7, ge=1)
    catalogue_dir: Path | None = None
    city_time_zone: str = "Europe/Berlin"
