"""Settings from the environment (`PORTAL_…`) and secrets from files; what is missing stops the start."""

import base64
import json
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PLACEHOLDERS = frozenset(
    {"changeme", "change-me", "change_me", "default", "dummy", "example", "guest", "insecure", "password"}
    | {"placeholder", "replace-me", "replaceme", "secret", "test", "todo", "tbd", "xxx"}
)
KEY_BYTES = 32
SHORTEST_TEXT = 16


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone of the IANA database") from None
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone, such as `Europe/Berlin`: whose days count."""


class StartRefused(Exception):
    """The process cannot start with what it was given; the message is one sentence for the operator.

    Whoever raises it answers for the message: it is printed as it is, so it holds no secret and no person.
    """


class SecretMissing(StartRefused):
    """A secret is absent, empty or a placeholder."""


class ProcessSettings(BaseSettings):
    """What every process is told, the gateway included; URLs carry no trailing slash."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", extra="ignore", frozen=True)

    secrets_dir: Path
    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    log_level: str = "info"
    otlp_endpoint: str = ""
    exchange: str = "portal.events"
    name_prefix: str = ""
    public_url: str = "http://127.0.0.1:8080"
    identity_url: str = "http://127.0.0.1:8101"
    applications_url: str = "http://127.0.0.1:8102"
    payments_url: str = "http://127.0.0.1:8103"
    documents_url: str = "http://127.0.0.1:8104"

    def service_urls(self) -> dict[str, str]:
        """Audience name → base address, for `ServiceCalls`."""
        ending = "_url"
        named = {
            field.removesuffix(ending): getattr(self, field)
            for field in ProcessSettings.model_fields
            if field.endswith(ending) and field != "public_url"
        }
        return {name: url.rstrip("/") for name, url in named.items()}

    def secret_text(self, name: str) -> str:
        """The text of the secret file, without surrounding white space.

        Raises `SecretMissing` when it is absent, empty, shorter than 16 characters or a placeholder.
        """
        path = self.secrets_dir / name
        try:
            text = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise SecretMissing(f"The secret {name} is missing: put it into the file {path}.") from None
        except (OSError, UnicodeDecodeError) as problem:
            kind = type(problem).__name__
            raise SecretMissing(f"The secret {name} in {path} cannot be read ({kind}).") from None
        if not text:
            raise SecretMissing(f"The secret {name} is empty: put it into the file {path}.")
        if is_placeholder(text):
            raise SecretMissing(f"The secret {name} in {path} is a placeholder: generate an own one.")
        warn_if_readable_by_others(path)
        return text

    def secret_bytes(self, name: str) -> bytes:
        """A key of 32 bytes, kept as base64 (RFC 4648, standard or URL-safe alphabet)."""
        text = self.secret_text(name).replace("-", "+").replace("_", "/")
        try:
            key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise SecretMissing(f"The secret {name} in {self.secrets_dir} is not 32 bytes as base64.")
        if len(set(key)) == 1:
            raise SecretMissing(f"The secret {name} in {self.secrets_dir} repeats one byte: generate it.")
        return key

    def secret_json(self, name: str) -> Any:
        """The value of a JSON secret; `.json` is added to a name without an ending."""
        name = name if "." in name else f"{name}.json"
        try:
            return json.loads(self.secret_text(name))
        except ValueError:
            raise SecretMissing(f"The secret {name} in {self.secrets_dir} is not JSON.") from None


class ServiceSettings(ProcessSettings):
    """A service's settings: beside the common ones its own log, its keys, the broker and the seals' anchors.

    `audit_anchors` is a folder (`file:///…`) that keeps what is written to it, out of the reach of whoever
    operates the database.
    """

    database_url: str = Field(repr=False)
    keys_database_url: str = Field(repr=False)
    rabbitmq_url: str = Field(repr=False)
    audit_anchors: str = Field(pattern=r"^file:///.")


def is_placeholder(text: str) -> bool:
    """Whether nobody has chosen this value: a known filler, `<…>`, one character repeated, or too short."""
    plain = text.strip("<>{}$").lower()
    return (
        plain in PLACEHOLDERS
        or plain.startswith(("changeme", "change-me", "replace-me", "your-"))
        or (text.startswith(("<", "${")) and text.endswith((">", "}")))
        or len(set(text)) == 1
        or (len(text) < SHORTEST_TEXT and not text.startswith(("{", "[")))
    )


def warn_if_readable_by_others(path: Path) -> None:
    """Only warns: a mounted secret of an orchestrator is often readable by its group."""
    if path.stat().st_mode & 0o077:
        warnings.warn(f"The secret file {path} can be read by other users: chmod 600.", stacklevel=3)


def refuse(problem: Exception) -> NoReturn:
    """Says in one sentence why the process does not start, and exits with 2; prints no value."""
    print(sentence_for(problem), file=sys.stderr)  # noqa: T201
    raise SystemExit(2)


def sentence_for(problem: Exception) -> str:
    """The reason to print: names settings by their variable, never what they hold."""
    if not isinstance(problem, ValidationError):
        return str(problem)
    faults = [
        f"PORTAL_{'_'.join(str(part) for part in fault['loc']).upper()} "
        + ("is not set" if fault["type"] == "missing" else f"is not usable ({fault['msg']})")
        for fault in problem.errors(include_input=False, include_url=False, include_context=False)
    ]
    return f"Not started: {'; '.join(faults)}."
