"""Makes what deploy/compose.yaml mounts: `python -m deploy.compose [folder]`, by default .portal/compose.

Secrets are made once and kept. The folder is the owner's alone (0700); inside it what a container mounts can
be read by the numeric user that the container runs as. The broker's users and rights are those of the
manifests.
"""

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.secrets import CREDENTIALS, LOGS, Secrets

VIRTUAL_HOST = "portal"
EXCHANGE = r"portal\.events"
# Whose feeds a service follows: it may bind its queue to these keys of the exchange, and to no other.
FOLLOWED: Mapping[str, tuple[str, ...]] = {
    "identity": ("applications", "documents", "payments"),
    "applications": ("identity", "payments", "documents"),
    "payments": ("identity", "applications"),
    "documents": ("identity", "applications", "payments"),
}


def prepare(folder: Path) -> None:
    """Fill the folder; what exists stays, what follows from a secret is written again."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = Secrets(folder / "secrets")
    made.generate()
    passwords = {name: made.text("broker", name, lambda: secrets.token_hex(24)) for name in CREDENTIALS}
    made.database_password("superuser")
    for service in LOGS:
        write_environments(folder, service, made, passwords[service])
    (folder / "gateway.env").write_text(
        f"PORTAL_RABBITMQ_URL={broker_url('gateway', passwords['gateway'])}\n"
    )
    (folder / "roles.sql").write_text(roles(made))
    (folder / "rabbitmq").mkdir(exist_ok=True)
    (folder / "rabbitmq/definitions.json").write_text(json.dumps(definitions(passwords), indent=1))
    (folder / "rabbitmq/20-portal.conf").write_text("load_definitions = /etc/rabbitmq/definitions.json\n")
    open_inside(folder)


def write_environments(folder: Path, service: str, made: Secrets, broker_password: str) -> None:
    """One file for the service, one for its migrations: only these know the owner's password."""
    database = f"portal_{service}"
    app, owner = f"{database}_app", f"{database}_owner"
    told = {
        "PORTAL_DATABASE_URL": _postgres(app, made.database_password(app), database),
        "PORTAL_KEYS_DATABASE_URL": _postgres(app, made.database_password(app), f"{database}_keys"),
        "PORTAL_RABBITMQ_URL": broker_url(service, broker_password),
    }
    as_owner = {
        "PORTAL_OWNER_DATABASE_URL": _postgres(owner, made.database_password(owner), database),
        "PORTAL_OWNER_KEYS_DATABASE_URL": _postgres(owner, made.database_password(owner), f"{database}_keys"),
        "PORTAL_APP_ROLE": app,
    }
    for name, values in ((service, told), (f"migrate-{service}", as_owner)):
        (folder / f"{name}.env").write_text("".join(f"{key}={value}\n" for key, value in values.items()))


def _postgres(role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@postgres:5432/{database}"


def broker_url(user: str, password: str) -> str:
    return f"amqp://{user}:{password}@rabbitmq:5672/{VIRTUAL_HOST}"


def roles(made: Secrets) -> str:
    """SQL for an empty server: two roles and two databases for each service, closed to all others."""
    lines = []
    for service in LOGS:
        database = f"portal_{service}"
        owner, app = f"{database}_owner", f"{database}_app"
        for role in (owner, app):
            lines.append(f"CREATE ROLE {role} LOGIN PASSWORD '{made.database_password(role)}';")
        for name in (database, f"{database}_keys"):
            lines.append(f"CREATE DATABASE {name} OWNER {owner};")
            lines.append(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;")
            lines.append(f"GRANT CONNECT ON DATABASE {name} TO {app};")
    return "\n".join(lines) + "\n"


def rights(process: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What a process may do on the broker: its permission, and its permission on the exchange's topics."""
    if process == "gateway":  # a queue of its own for the live pages, named by the broker
        own, writes = r"amq\.gen-.*", r"^amq\.gen-.*$"
        topics = {"write": "^$", "read": "^#$"}
    else:
        own = rf"{process}\.events(\.dead)?"
        writes = rf"^({EXCHANGE}|amq\.default|{own})$"
        topics = {"write": rf"^{process}\.", "read": rf"^({'|'.join(FOLLOWED[process])})\."}
    both = f"^({EXCHANGE}|{own})$"
    return {"configure": both, "write": writes, "read": both}, topics


def definitions(passwords: Mapping[str, str]) -> dict[str, list[dict[str, object]]]:
    """RabbitMQ's definitions: a virtual host, a user for each process and its rights."""
    where = {"vhost": VIRTUAL_HOST}
    topic = {"exchange": "portal.events"}
    return {
        "vhosts": [{"name": VIRTUAL_HOST}],
        "users": [
            {"name": name, "password_hash": password_hash(password), "tags": "",
             "hashing_algorithm": "rabbit_password_hashing_sha256"}
            for name, password in passwords.items()
        ],
        "permissions": [{"user": name, **where, **rights(name)[0]} for name in passwords],
        "topic_permissions": [{"user": name, **where, **topic, **rights(name)[1]} for name in passwords],
    }  # fmt: skip


def password_hash(password: str) -> str:
    """As RabbitMQ keeps it: four bytes of salt before the SHA-256 of salt and password."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def open_inside(folder: Path) -> None:
    """Let a container's user read what lies in the folder; the folder itself keeps everybody else out."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / ".portal/compose")
