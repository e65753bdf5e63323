"""What the environment tells any sandbox. What is missing is said in one sentence (ValueError)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Told:
    """`whose`: "PayPal" in "The PayPal sandbox needs …"."""

    whose: str
    env: Mapping[str, str]

    def needed(self, name: str) -> str:
        if not self.env.get(name):
            raise ValueError(f"The {self.whose} sandbox needs {name}.")
        return self.env[name]

    def credentials(self, name: str) -> tuple[str, str]:
        """A client's id and secret, from the JSON file that the variable names."""
        path = Path(self.needed(name))
        try:
            data = json.loads(path.read_text())
            return str(data["client_id"]), str(data["client_secret"])
        except (OSError, ValueError, TypeError, KeyError):
            raise ValueError(
                f"The {self.whose} sandbox finds no client_id and client_secret in a JSON file at {path}."
            ) from None
