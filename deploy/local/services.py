"""What `make run` starts, as data: each process with its module, its port and what it is told."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.databases import ServiceDatabases
from deploy.local.ports import HOST
from deploy.local.processes import Process, answers_http
from deploy.local.rabbit import Broker
from deploy.local.secrets import GIROCHECKOUT_PROJECTS

MERCHANT_ID = "3610001"
PAYPAL_WEBHOOK_ID = "8PT597110X687430LKGECATA"
# glibc keeps an arena for each thread and hands little back; rendering in threads would hold on to it
LEAN_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_MMAP_THRESHOLD_": "65536"}
BANK_IBAN = "DE02120300000000202051"
BANK_HOLDER = "Stadtkasse Lindenau"
CREDITOR_ID = "DE98ZZZ09999999999"
OWN_BANK = ("direct_debit",)  # GiroCheckout could debit as well; here the city does it itself
PASSED_ON = ("PORTAL_LOG_LEVEL", "PORTAL_OTLP_ENDPOINT")


@dataclass(frozen=True)
class Stack:
    """What the local run chose or found: everything a process could have to be told."""

    state: Path
    ports: Mapping[str, int]
    broker: Broker
    databases: Mapping[str, ServiceDatabases]

    def url(self, name: str) -> str:
        return f"http://{HOST}:{self.ports[name]}"

    def secrets(self, name: str) -> Path:
        return self.state / "secrets" / name


Environment = Mapping[str, str]


@dataclass(frozen=True)
class Service:
    """One long-running process. `name` is also its port's, its log's and its secret folder's name."""

    name: str
    module: str
    environment: Callable[[Stack], Environment]
    ready_path: str = "/health/ready"

    def process(self, stack: Stack) -> Process:
        return Process(
            name=self.name,
            command=[sys.executable, "-m", self.module],
            environment={**inherited(), **self.environment(stack)},
            ready=answers_http(stack.ports[self.name], self.ready_path),
        )


def inherited(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The caller's environment without its PORTAL_ variables: an administrator's URL is not a service's
    business."""
    plain = {name: value for name, value in environment.items() if not name.startswith("PORTAL_")}
    return plain | {name: environment[name] for name in PASSED_ON if name in environment}


def _listening(stack: Stack, name: str) -> dict[str, str]:
    return {"PORTAL_HOST": HOST, "PORTAL_PORT": str(stack.ports[name])}


def _common(stack: Stack, name: str) -> dict[str, str]:
    """What the gateway and every service is told."""
    return _listening(stack, name) | {
        "PORTAL_SECRETS_DIR": str(stack.secrets(name)),
        "PORTAL_RABBITMQ_URL": stack.broker.url,
        "PORTAL_EXCHANGE": "portal.events",
        "PORTAL_NAME_PREFIX": stack.broker.name_prefix,
        "PORTAL_IDENTITY_URL": stack.url("identity"),
        "PORTAL_APPLICATIONS_URL": stack.url("applications"),
        "PORTAL_PAYMENTS_URL": stack.url("payments"),
        "PORTAL_DOCUMENTS_URL": stack.url("documents"),
        "PORTAL_PUBLIC_URL": stack.url("gateway"),
    }


def _with_log(stack: Stack, name: str) -> dict[str, str]:
    """What a service with a log of its own is told."""
    databases = stack.databases[name]
    return _common(stack, name) | {
        "PORTAL_DATABASE_URL": databases.app,
        "PORTAL_KEYS_DATABASE_URL": databases.app_keys,
        "PORTAL_AUDIT_ANCHORS": (stack.state / "audit").as_uri(),
    }


def _identity(stack: Stack) -> Environment:
    return _with_log(stack, "identity") | {
        "PORTAL_SMTP_HOST": HOST,
        "PORTAL_SMTP_PORT": str(stack.ports["smtp"]),
        "PORTAL_MAIL_FROM": "portal@lindenau.example",
    }


def _applications(stack: Stack) -> Environment:
    return _with_log(stack, "applications") | {"PORTAL_REGISTER_URL": stack.url("register")}


def _payments(stack: Stack) -> Environment:
    return _with_log(stack, "payments") | {
        "PORTAL_GIROCHECKOUT_BASE_URL": stack.url("girocheckout") + "/girocheckout/v2/",
        "PORTAL_GIROCHECKOUT_MERCHANT_ID": MERCHANT_ID,
        "PORTAL_GIROCHECKOUT_PROJECTS": json.dumps(
            {name: number for name, number in GIROCHECKOUT_PROJECTS.items() if name not in OWN_BANK}
        ),
        **_bank_account(stack),
        "PORTAL_CREDITOR_ID": CREDITOR_ID,
        "PORTAL_DEBIT_NOTICE_DAYS": "1",
        "PORTAL_BANK_PACE_SECONDS": "1",
        "PORTAL_PAYPAL_BASE_URL": stack.url("paypal"),
        "PORTAL_PAYPAL_WEBHOOK_ID": PAYPAL_WEBHOOK_ID,
        "PORTAL_PAYPAL_BRAND_NAME": "Stadt Lindenau",
        "PORTAL_PAYPAL_AUTHORITIES": str(stack.secrets("payments") / "paypal_authorities.pem"),
        "PORTAL_PAYPAL_CERTIFICATE_ORIGIN": stack.url("paypal"),
        "PORTAL_PAYMENTS_PUBLIC_URL": stack.url("gateway"),
    }


def _documents(stack: Stack) -> Environment:
    return _with_log(stack, "documents") | {
        "PORTAL_STORE_URL": (stack.state / "documents").as_uri(),
        "PORTAL_FONTS_DIR": str(stack.state / "fonts"),
        **LEAN_MEMORY,
    }


def _mailbox(stack: Stack) -> Environment:
    return _listening(stack, "mailbox") | {
        "PORTAL_SMTP_PORT": str(stack.ports["smtp"]),
        "PORTAL_MAILBOX_DIR": str(stack.state / "mailbox"),
    }


def _girocheckout(stack: Stack) -> Environment:
    return {
        "PORTAL_HOST": HOST,
        "PORTAL_PORT_GIROCHECKOUT": str(stack.ports["girocheckout"]),
        "PORTAL_SANDBOX_STATE": str(stack.state / "girocheckout"),
        "PORTAL_SANDBOX_PUBLIC_URL": stack.url("girocheckout"),
        "PORTAL_GIROCHECKOUT_MERCHANT_ID": MERCHANT_ID,
        "PORTAL_GIROCHECKOUT_PROJECTS": json.dumps(dict(GIROCHECKOUT_PROJECTS)),
        "PORTAL_GIROCHECKOUT_PASSPHRASES": str(
            stack.secrets("girocheckout") / "girocheckout_passphrases.json"
        ),
    }


def _paypal(stack: Stack) -> Environment:
    return {
        "PORTAL_HOST": HOST,
        "PORTAL_PORT_PAYPAL": str(stack.ports["paypal"]),
        "PORTAL_SANDBOX_STATE": str(stack.state / "paypal"),
        "PORTAL_SANDBOX_PUBLIC_URL": stack.url("paypal"),
        "PORTAL_PAYPAL_CREDENTIALS": str(stack.secrets("paypal") / "credentials.json"),
        "PORTAL_PAYPAL_AUTHORITY": str(stack.secrets("paypal") / "authority"),
        "PORTAL_PAYPAL_WEBHOOK_ID": PAYPAL_WEBHOOK_ID,
        "PORTAL_PAYPAL_WEBHOOK_URL": stack.url("gateway") + "/zahlung/paypal/notify",
    }


def _bank_account(stack: Stack) -> dict[str, str]:
    """What the city and its bank both know."""
    return {
        "PORTAL_BANK_IBAN": BANK_IBAN,
        "PORTAL_BANK_HOLDER": BANK_HOLDER,
        "PORTAL_BANK_FOLDER": str(stack.state / "bank" / "files"),
    }


def _bank(stack: Stack) -> Environment:
    return _bank_account(stack) | {
        "PORTAL_HOST": HOST,
        "PORTAL_PORT_BANK": str(stack.ports["bank"]),
        "PORTAL_SANDBOX_STATE": str(stack.state / "bank"),
    }


def _register(stack: Stack) -> Environment:
    return {"PORTAL_HOST": HOST, "PORTAL_PORT_REGISTER": str(stack.ports["register"])}


def _gateway(stack: Stack) -> Environment:
    """A payer's browser may leave for a provider's page: the page's policy names its origin."""
    origins = [stack.url("girocheckout"), stack.url("paypal")]
    return _common(stack, "gateway") | {"PORTAL_PAYMENT_ORIGINS": json.dumps(origins)}


SERVICES = (  # started together in this order, stopped in the reverse one: the gateway goes first
    Service("mailbox", "deploy.local.mailbox", _mailbox),
    Service("girocheckout", "deploy.local.sandbox.girocheckout", _girocheckout, "/sandbox/health"),
    Service("paypal", "deploy.local.sandbox.paypal", _paypal, "/sandbox/health"),
    Service("bank", "deploy.local.sandbox.bank", _bank, "/sandbox/health"),
    Service("register", "deploy.local.sandbox.register", _register, "/sandbox/health"),
    Service("identity", "services.identity", _identity),
    Service("applications", "services.applications", _applications),
    Service("payments", "services.payments", _payments),
    Service("documents", "services.documents", _documents),
    Service("gateway", "gateway", _gateway),
)


def migration(stack: Stack, name: str) -> Process:
    """Brings both databases of one service to this version, as their owner; ends by itself."""
    databases = stack.databases[name]
    return Process(
        name=f"migrate-{name}",
        command=[sys.executable, "-m", "shared.cli", "migrate", name],
        environment=inherited()
        | {
            "PORTAL_OWNER_DATABASE_URL": databases.owner,
            "PORTAL_OWNER_KEYS_DATABASE_URL": databases.owner_keys,
            "PORTAL_APP_ROLE": urlsplit(databases.app).username or "",
        },
    )


def seeding(stack: Stack) -> Process:
    """Makes the demo accounts that are not there yet; ends by itself."""
    return Process(
        name="seed",
        command=[sys.executable, "-m", "services.identity.seed"],
        environment={
            **inherited(),
            **_identity(stack),
            "PORTAL_DEMO_ACCOUNTS": str(stack.state / "secrets" / "demo_accounts.json"),
        },
    )


def assets() -> Process:
    """Builds the gateway's web assets if anything changed; ends by itself."""
    return Process("assets", [sys.executable, "-m", "gateway.assets"], inherited())
