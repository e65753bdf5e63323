"""What identity is told beside the common settings. Times are whole minutes, hours or seconds as named."""

from typing import Literal

from pydantic import Field

from shared.settings import ServiceSettings, TimeZone


class IdentitySettings(ServiceSettings):
    """Secrets: `caller_signing_key.pem`, `service_credentials.json`, and `smtp_password` with a user."""

    smtp_host: str
    smtp_port: int = Field(ge=1, le=65535)
    smtp_encryption: Literal["none", "starttls", "tls"] = "none"
    smtp_user: str = ""
    mail_from: str = "portal@lindenau.example"

    city_time_zone: TimeZone = "Europe/Berlin"
    confirmation_hours: int = Field(default=24, ge=1)
    reset_hours: int = Field(default=1, ge=1)
    session_idle_minutes: int = Field(default=30, ge=1)
    session_hours: int = Field(default=12, ge=1)

    argon2_memory_kib: int = Field(default=64 * 1024, ge=8)
    argon2_passes: int = Field(default=3, ge=1)
    argon2_threads: int = Field(default=2, ge=1, le=8)
