"""Settings of the applications service beside those of every service."""

from pathlib import Path

from pydantic import Field

from services.applications.catalogue.loading import HERE
from shared.settings import ServiceSettings, TimeZone


class ApplicationsSettings(ServiceSettings):
    """`pay_within_days`: an unpaid case expires after this many full days in the city.

    `catalogue` holds `<service>/v<n>.yaml`, `city` zones, tariffs and statutes: those of Lindenau unless
    a city brings its own.
    """

    catalogue: Path = HERE / "data"
    city: Path = HERE / "city"
    register_url: str = "http://127.0.0.1:8107"
    register_timeout_seconds: float = Field(default=10.0, gt=0)
    register_tries: int = Field(default=7, ge=1)
    pay_within_days: int = Field(default=7, ge=1)
    city_time_zone: TimeZone = "Europe/Berlin"
