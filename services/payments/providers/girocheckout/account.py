"""A merchant's account at GiroCheckout: one project, with a passphrase of its own, per method of payment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.payments.providers.port import Method


@dataclass(frozen=True, slots=True)
class Project:
    number: int
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """`projects` holds the methods the city has a contract for; at least one."""

    merchant_id: int
    projects: Mapping[Method, Project]

    @classmethod
    def of(cls, merchant_id: int, projects: Mapping[str, int], passphrases: Mapping[str, str]) -> "Account":
        """From the settings: method → project number, and project number → passphrase (from the secret file).

        Raises ValueError with one sentence that names the setting and never a passphrase.
        """
        if not projects:
            raise ValueError("PORTAL_GIROCHECKOUT_PROJECTS names no project: give one per method of payment.")
        return cls(
            merchant_id, {_method(slug): _project(number, passphrases) for slug, number in projects.items()}
        )


def _method(slug: str) -> Method:
    try:
        return Method(slug)
    except ValueError:
        known = ", ".join(Method)
        raise ValueError(
            f"PORTAL_GIROCHECKOUT_PROJECTS names the unknown method {slug}: known are {known}."
        ) from None


def _project(number: int, passphrases: Mapping[str, str]) -> Project:
    passphrase = passphrases.get(str(number))
    if not passphrase:
        raise ValueError(f"girocheckout_passphrases.json has no passphrase for project {number}.")
    return Project(number, passphrase)
