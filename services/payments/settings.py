"""Settings of payments."""

import json
from typing import Any

from pydantic import Field, field_validator

from shared.settings import ServiceSettings, TimeZone


class PaymentsSettings(ServiceSettings):
    """Beside the common ones: the provider's address and projects, the cash office's number prefix."""

    girocheckout_base_url: str = ""
    girocheckout_merchant_id: int | None = None
    girocheckout_projects: dict[str, int] = Field(default_factory=dict)
    city_time_zone: TimeZone = "Europe/Berlin"
    kassenzeichen_prefix: str = "4711"
    payments_public_url: str = ""

    @field_validator("girocheckout_projects", mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    @property
    def notify_base_url(self) -> str:
        """Where the provider reaches us: the gateway passes its callbacks on verbatim."""
        return (self.payments_public_url or self.public_url).rstrip("/")
