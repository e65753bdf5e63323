"""What the sandbox is told by its environment.

PORTAL_PORT_PAYPAL (8108), PORTAL_HOST (127.0.0.1), PORTAL_LOG_LEVEL (info)
PORTAL_SANDBOX_STATE: folder for the book; made if missing.
PORTAL_PAYPAL_CREDENTIALS: path of a JSON file {"client_id", "client_secret"}.
PORTAL_PAYPAL_AUTHORITY: folder of the keys that sign webhooks (see `authority`); filled if empty.
PORTAL_PAYPAL_WEBHOOK_ID: id of the merchant's one webhook; PORTAL_PAYPAL_WEBHOOK_URL: its address, or none.
PORTAL_SANDBOX_PUBLIC_URL: where browsers and servers find this server; empty: the address it was called by.
PORTAL_SANDBOX_RETRY_SECONDS (5): pause before a webhook is repeated; the real one spreads 25 over 3 days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.sandbox.environment import Told


@dataclass(frozen=True)
class Settings:
    """Times in seconds."""

    state: Path
    authority: Path
    client_id: str
    client_secret: str = field(repr=False)
    webhook_id: str
    webhook_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8108
    public_url: str = ""
    retry_seconds: float = 5.0
    token_seconds: int = 32400
    log_level: str = "info"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Raises ValueError with one sentence that says what is missing."""
        told = Told("PayPal", env)
        client_id, client_secret = told.credentials("PORTAL_PAYPAL_CREDENTIALS")
        return cls(
            state=Path(told.needed("PORTAL_SANDBOX_STATE")),
            authority=Path(told.needed("PORTAL_PAYPAL_AUTHORITY")),
            client_id=client_id,
            client_secret=client_secret,
            webhook_id=told.needed("PORTAL_PAYPAL_WEBHOOK_ID"),
            webhook_url=env.get("PORTAL_PAYPAL_WEBHOOK_URL", ""),
            host=env.get("PORTAL_HOST", "127.0.0.1"),
            port=int(env.get("PORTAL_PORT_PAYPAL", "8108")),
            public_url=env.get("PORTAL_SANDBOX_PUBLIC_URL", "").rstrip("/"),
            retry_seconds=float(env.get("PORTAL_SANDBOX_RETRY_SECONDS", "5")),
            log_level=env.get("PORTAL_LOG_LEVEL", "info").lower(),
        )
