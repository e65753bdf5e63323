"""Settings of payments."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from shared.settings import ServiceSettings, TimeZone


class PaymentsSettings(ServiceSettings):
    """Beside the common ones: the providers' addresses and accounts, the cash office's number prefix."""

    girocheckout_base_url: str = ""
    girocheckout_merchant_id: int | None = None
    girocheckout_projects: dict[str, int] = Field(default_factory=dict)
    paypal_base_url: str = ""
    paypal_webhook_id: str = ""
    paypal_brand_name: str = ""
    paypal_verification: str = "offline"
    paypal_authorities: Path | None = None
    paypal_certificate_origin: str = ""
    xbezahldienste_base_url: str = ""
    xbezahldienste_originator_id: str = ""
    xbezahldienste_end_point_id: str = ""
    xbezahldienste_version: str = "1.0"
    xbezahldienste_authentication: str = "oauth2"
    xbezahldienste_token_url: str = ""
    xbezahldienste_booking_data: dict[str, str] = Field(
        default_factory=lambda: {"kassenzeichen": "{kassenzeichen}"}
    )
    city_time_zone: TimeZone = "Europe/Berlin"
    kassenzeichen_prefix: str = "4711"
    payments_public_url: str = ""

    @field_validator("girocheckout_projects", "xbezahldienste_booking_data", mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    @property
    def notify_base_url(self) -> str:
        """Where the provider reaches us: the gateway passes its callbacks on verbatim."""
        return (self.payments_public_url or self.public_url).rstrip("/")
