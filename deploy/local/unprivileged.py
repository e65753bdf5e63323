"""PostgreSQL refuses to run as root, and RabbitMQ need not: as root, servers run as the user `nobody`."""

import os
from pathlib import Path

NOBODY = 65534


def command_prefix(*paths: Path, may_stay_root: bool = False) -> list[str]:
    """What to put before a command that must reach these paths; empty for anyone but root.

    A project under /root is out of reach for anybody else: then the process keeps, of all of root's powers,
    only the one to pass by file permissions; Erlang asks access(2), which knows no powers, and stays root.
    """
    reachable = all(_reachable(path) for path in paths)
    if os.geteuid() != 0 or (may_stay_root and not reachable):
        return []
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if not reachable:
        prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return prefix


def own(folder: Path) -> None:
    """Make the folder, for its server alone (mode 0700), with all that is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
