"""What the sandbox is told by its environment.

PORTAL_PORT_XBEZAHLDIENSTE (8109), PORTAL_HOST (127.0.0.1), PORTAL_LOG_LEVEL (info)
PORTAL_SANDBOX_STATE: folder for the book; made if missing.
PORTAL_XBEZAHLDIENSTE_CREDENTIALS: path of a JSON file {"client_id", "client_secret"}, for Basic and tokens.
PORTAL_XBEZAHLDIENSTE_ORIGINATOR_ID, PORTAL_XBEZAHLDIENSTE_END_POINT_ID: who may take money here.
PORTAL_SANDBOX_BOOKING_DATA (kassenzeichen): names, comma-separated, that every item's bookingData must have.
PORTAL_SANDBOX_PUBLIC_URL: where a payer's browser finds this server; empty: the address it was called by.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.sandbox.environment import Told


@dataclass(frozen=True)
class Settings:
    """`open_to_all`: whoever comes is let in, because the connection has proved who it is.
    `answers_to_request_id`: a payment is found by its request's id too, which not every platform allows."""

    state: Path
    originator_id: str
    end_point_id: str
    client_id: str
    client_secret: str = field(repr=False)
    booking_data: tuple[str, ...] = ("kassenzeichen",)
    open_to_all: bool = False
    answers_to_request_id: bool = True
    host: str = "127.0.0.1"
    port: int = 8109
    public_url: str = ""
    log_level: str = "info"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Raises ValueError with one sentence that says what is missing."""
        told = Told("XBezahldienste", env)
        client_id, client_secret = told.credentials("PORTAL_XBEZAHLDIENSTE_CREDENTIALS")
        names = env.get("PORTAL_SANDBOX_BOOKING_DATA", "kassenzeichen").split(",")
        return cls(
            state=Path(told.needed("PORTAL_SANDBOX_STATE")),
            originator_id=told.needed("PORTAL_XBEZAHLDIENSTE_ORIGINATOR_ID"),
            end_point_id=told.needed("PORTAL_XBEZAHLDIENSTE_END_POINT_ID"),
            client_id=client_id,
            client_secret=client_secret,
            booking_data=tuple(name.strip() for name in names if name.strip()),
            host=env.get("PORTAL_HOST", "127.0.0.1"),
            port=int(env.get("PORTAL_PORT_XBEZAHLDIENSTE", "8109")),
            public_url=env.get("PORTAL_SANDBOX_PUBLIC_URL", "").rstrip("/"),
            log_level=env.get("PORTAL_LOG_LEVEL", "info").lower(),
        )
