"""Settings of payments."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from services.payments.books.layout import COLUMNS
from services.payments.books.statement_formats import FORMATS, StatementFormat
from services.payments.domain.dunning import STEPS, Step, checked
from services.payments.domain.kassenzeichen import LAST, Scheme
from shared.settings import ServiceSettings, TimeZone


class PaymentsSettings(ServiceSettings):
    """Beside the common ones: providers' addresses and accounts, the cash office's number prefix, the bank.

    Without `bank_iban` nothing is debited and no statement is read.
    """

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
    kassenzeichen_scheme: Scheme = Scheme.MOD11_10
    kassenzeichen_first: int = Field(default=1, ge=1, le=LAST)
    kassenzeichen_last: int = Field(default=LAST, ge=1, le=LAST)
    payments_public_url: str = ""
    payment_methods_retired: frozenset[str] = frozenset()
    payment_provisional_days: dict[str, int] = Field(
        default_factory=lambda: {"direct_debit": 56, "card": 120}
    )
    payment_breaker_failures: int = Field(default=5, ge=1)
    payment_breaker_seconds: int = Field(default=60, ge=1)
    refund_limit_cents: int = Field(default=10_000, ge=0)
    bank_iban: str = ""
    bank_holder: str = ""
    bank_folder: str = ""
    bank_pace_seconds: float | None = Field(default=None, gt=0)
    creditor_id: str = ""
    payout_payers: dict[str, list[str]] = Field(
        default_factory=lambda: {"paypal": ["PayPal"], "girocheckout": ["S-Public Services"]}
    )
    debit_notice_days: int = Field(default=14, ge=1, le=60)
    debit_again: bool = False
    dunning_steps: tuple[Step, ...] = STEPS
    statement_formats: dict[str, tuple[StatementFormat, ...]] = Field(default=FORMATS)
    export_client: str = "1"
    export_columns: dict[str, str] = Field(
        default_factory=lambda: {name: heading for name, (heading, _, _) in COLUMNS.items()}
    )
    export_encoding: Literal["windows-1252", "utf-8"] = "windows-1252"
    export_accounts: dict[str, str] = Field(default_factory=dict)
    export_entries: int = Field(default=20_000, ge=1, le=100_000)

    @field_validator(
        "girocheckout_projects",
        "payment_methods_retired",
        "payment_provisional_days",
        "xbezahldienste_booking_data",
        "dunning_steps",
        "export_accounts",
        "payout_payers",
        "statement_formats",
        mode="before",
    )
    @classmethod
    def _parse(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    @field_validator("statement_formats")
    @classmethod
    def _beside_ours(
        cls, given: dict[str, tuple[StatementFormat, ...]]
    ) -> dict[str, tuple[StatementFormat, ...]]:
        """Those of a provider that are set take the place of those that come with the program."""
        return {**FORMATS, **given}

    @field_validator("dunning_steps")
    @classmethod
    def _follow(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return checked(steps)

    @field_validator("export_columns", mode="before")
    @classmethod
    def _headings(cls, value: Any) -> Any:
        """A list of names has the usual headings."""
        value = json.loads(value) if isinstance(value, str) else value
        if not isinstance(value, list):
            return value
        return {name: COLUMNS[name][0] if name in COLUMNS else name for name in value}

    @field_validator("export_columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        unknown = columns.keys() - COLUMNS.keys()
        if unknown or not columns:
            raise ValueError(f"no columns {sorted(unknown)}; there are {', '.join(COLUMNS)}")
        return columns

    @property
    def notify_base_url(self) -> str:
        """Where the provider reaches us: the gateway passes its callbacks on verbatim."""
        return (self.payments_public_url or self.public_url).rstrip("/")
