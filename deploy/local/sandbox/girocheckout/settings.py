"""What the sandbox is told by its environment.

PORTAL_PORT_GIROCHECKOUT (8106), PORTAL_HOST (127.0.0.1), PORTAL_LOG_LEVEL (info)
PORTAL_SANDBOX_STATE: folder for the book; made if missing.
PORTAL_GIROCHECKOUT_MERCHANT_ID: integer. PORTAL_GIROCHECKOUT_PROJECTS: JSON, method → project number.
PORTAL_GIROCHECKOUT_PASSPHRASES: path of a JSON file, project number → passphrase.
PORTAL_SANDBOX_PUBLIC_URL: where a payer's browser finds this server; empty: the address it was called by.
PORTAL_SANDBOX_RETRY_SECONDS (5): pause before a notification is repeated; the real provider waits 30 minutes.
PORTAL_SANDBOX_GIROCHECKOUT_FEE (0): cents that the provider keeps for each payment.
PORTAL_SANDBOX_AGE_CHECK_PROJECTS: project numbers, comma-separated, whose results carry an age check as well.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.sandbox.environment import Told

METHODS = ("card", "paypal", "direct_debit", "direct_transfer", "wero", "payment_page")


@dataclass(frozen=True)
class Project:
    number: int
    method: str
    passphrase: str = field(repr=False)
    age_check: bool = False


@dataclass(frozen=True)
class Settings:
    """`projects` is keyed by the project's number. Times in seconds."""

    state: Path
    merchant_id: int
    projects: Mapping[int, Project]
    host: str = "127.0.0.1"
    port: int = 8106
    public_url: str = ""
    retry_seconds: float = 5.0
    fee_cents: int = 0
    log_level: str = "info"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Raises ValueError with one sentence that says what is missing."""
        told = Told("GiroCheckout", env)
        return cls(
            state=Path(told.needed("PORTAL_SANDBOX_STATE")),
            merchant_id=int(told.needed("PORTAL_GIROCHECKOUT_MERCHANT_ID")),
            projects=_projects(told),
            host=env.get("PORTAL_HOST", "127.0.0.1"),
            port=int(env.get("PORTAL_PORT_GIROCHECKOUT", "8106")),
            public_url=env.get("PORTAL_SANDBOX_PUBLIC_URL", "").rstrip("/"),
            retry_seconds=float(env.get("PORTAL_SANDBOX_RETRY_SECONDS", "5")),
            fee_cents=int(env.get("PORTAL_SANDBOX_GIROCHECKOUT_FEE", "0")),
            log_level=env.get("PORTAL_LOG_LEVEL", "info").lower(),
        )


def _projects(told: Told) -> dict[int, Project]:
    path = Path(told.needed("PORTAL_GIROCHECKOUT_PASSPHRASES"))
    if not path.is_file():
        raise ValueError(f"The GiroCheckout sandbox finds no passphrases at {path}.")
    passphrases = json.loads(path.read_text())
    checked = {int(n) for n in told.env.get("PORTAL_SANDBOX_AGE_CHECK_PROJECTS", "").split(",") if n.strip()}
    projects = {}
    for method, number in json.loads(told.needed("PORTAL_GIROCHECKOUT_PROJECTS")).items():
        if method not in METHODS:
            raise ValueError(f"The GiroCheckout sandbox knows no method {method}: {', '.join(METHODS)}.")
        if not passphrases.get(str(number)):
            raise ValueError(f"The GiroCheckout sandbox finds no passphrase for project {number} in {path}.")
        projects[int(number)] = Project(
            int(number), method, passphrases[str(number)], age_check=int(number) in checked
        )
    return projects
