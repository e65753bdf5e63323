"""Where the local run keeps what it makes, and the one exception that ends it with a sentence."""

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class CannotStart(Exception):
    """Something is missing or in the way. The message is one sentence: what it is and what to do."""


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The one ignored folder of data, secrets and logs: `PORTAL_STATE_DIR`, else `.portal` in the project."""
    folder = Path(environment.get("PORTAL_STATE_DIR") or ROOT / ".portal").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
