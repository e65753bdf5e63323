"""Remembers which migrations each service's databases have had, so that a second start need not look."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.local.databases import ServiceDatabases, without_password
from deploy.local.places import ROOT


class MigrationStamps:
    """A file of service → digest of its SQL files and of the databases they were applied to."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def outdated(self, databases: Mapping[str, ServiceDatabases]) -> list[str]:
        """Services whose databases are new, or others, or whose SQL files are not those applied last."""
        known = self._read()
        return [
            name
            for name, where in databases.items()
            if where.are_new or known.get(name) != _digest(name, where)
        ]

    def note(self, databases: Mapping[str, ServiceDatabases], applied: Iterable[str]) -> None:
        """These are up to date now."""
        digests = {name: _digest(name, databases[name]) for name in applied}
        self._file.write_text(json.dumps(self._read() | digests, indent=1))

    def _read(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return known


def _digest(service: str, databases: ServiceDatabases) -> str:
    digest = hashlib.sha256(without_password(databases.app).encode())
    for folder in (ROOT / "shared", ROOT / "services" / service):
        for file in sorted(folder.rglob("migrations/**/*.sql")):
            digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()
