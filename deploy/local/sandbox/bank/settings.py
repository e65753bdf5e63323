"""What the sandbox is told by its environment.

PORTAL_PORT_BANK (8110), PORTAL_HOST (127.0.0.1), PORTAL_LOG_LEVEL (info)
PORTAL_SANDBOX_STATE: folder for the book; made if missing.
PORTAL_BANK_FOLDER: the folder of files: `out` is what the town hands in, `in` what it finds.
PORTAL_BANK_IBAN: the town's account. PORTAL_SANDBOX_BANK_DAY (today): the day on which a new book begins.
PORTAL_SANDBOX_BANK_REJECTS, PORTAL_SANDBOX_BANK_RETURNS: JSON, last digits of a debtor's IBAN → reason code.
PORTAL_SANDBOX_BANK_CHARGES (325): cents that a return costs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

REJECTS = {"0001": "AC01", "0004": "AC04", "0005": "MD01"}
RETURNS = {"0003": "MS03", "0006": "MD06"}


@dataclass(frozen=True)
class Settings:
    """`rejects` and `returns` go by the last digits of the debtor's account."""

    state: Path
    folder: Path
    iban: str
    day: date
    host: str = "127.0.0.1"
    port: int = 8110
    log_level: str = "info"
    charges_cents: int = 325
    rejects: Mapping[str, str] = field(default_factory=lambda: REJECTS)
    returns: Mapping[str, str] = field(default_factory=lambda: RETURNS)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Raises ValueError with one sentence that says what is missing."""
        for name in ("PORTAL_SANDBOX_STATE", "PORTAL_BANK_FOLDER", "PORTAL_BANK_IBAN"):
            if not env.get(name):
                raise ValueError(f"The bank sandbox needs {name}.")
        today = datetime.now(UTC).date().isoformat()
        return cls(
            state=Path(env["PORTAL_SANDBOX_STATE"]),
            folder=Path(env["PORTAL_BANK_FOLDER"]),
            iban=env["PORTAL_BANK_IBAN"].replace(" ", ""),
            day=date.fromisoformat(env.get("PORTAL_SANDBOX_BANK_DAY") or today),
            host=env.get("PORTAL_HOST", "127.0.0.1"),
            port=int(env.get("PORTAL_PORT_BANK", "8110")),
            log_level=env.get("PORTAL_LOG_LEVEL", "info").lower(),
            charges_cents=int(env.get("PORTAL_SANDBOX_BANK_CHARGES", "325")),
            rejects=json.loads(env.get("PORTAL_SANDBOX_BANK_REJECTS", "null")) or REJECTS,
            returns=json.loads(env.get("PORTAL_SANDBOX_BANK_RETURNS", "null")) or RETURNS,
        )
