"""Writes the frozen list of stored event names: `python -m tests.architecture.stored_names`.

A name is added by running it; one that is gone stays in the list, since a log may hold it.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.architecture.deployables import DEPLOYABLES, SERVICES

FROZEN = Path(__file__).with_name("stored_names.txt")
_ASK = """
import importlib, json, sys
from shared.domain import stored_names
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(stored_names()))
"""


def registered() -> set[str]:
    """Every stored name that the services register, each service in a process of its own."""
    return {name for service in SERVICES for name in names_of(service)}


def names_of(service: str) -> list[str]:
    modules = [m for m in DEPLOYABLES[service].modules() if f"{m}.".startswith(f"services.{service}.domain.")]
    command = [sys.executable, "-c", _ASK, json.dumps(modules)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    names: list[str] = json.loads(done.stdout)
    return names


def frozen() -> list[str]:
    """The list as committed."""
    return FROZEN.read_text().split()


def main() -> None:
    names = sorted({*frozen(), *registered()})
    FROZEN.write_text("".join(f"{name}\n" for name in names))


if __name__ == "__main__":
    main()
