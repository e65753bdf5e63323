"""Drives django-girosolution, a client of the protocol that others wrote, against a running sandbox.

usage: python foreign_client.py <base address of the API> <control address>
Prints one JSON object: what the client made of start, status, notification and return. The package has its
base address as a constant and routes for a Django long gone, so the constant is set and the views are called
without routes.
"""

import json
import sys
from importlib import import_module
from typing import Any

import requests
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse

MERCHANT, CARD, WERO, PAGE = 1234567, 1231, 1235, 1236


def configure() -> None:
    import django

    settings.configure(
        SECRET_KEY="test",
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django_girosolution"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        ROOT_URLCONF=[],
        GIROSOLUTION_SUCCESS_URL="/paid",
        GIROSOLUTION_ERROR_URL="/error",
    )
    django.setup()
    call_command("migrate", verbosity=0)


def point_to(base: str) -> None:
    wrappers: Any = import_module("django_girosolution.wrappers")
    wrappers.GIROSOLUTION_API_URL = base + "transaction/start"
    wrappers.GIROSOLUTION_API_STATUS_URL = base + "transaction/status"
    wrappers.GIROSOLUTION_PAYPAGE_INIT_URL = base + "paypage/init"
    wrappers.GIROSOLUTION_PAYPAGE_PROJECTS_URL = base + "paypage/projects"


def wrapper_for(kind: str, project: int, passphrase: str) -> Any:
    return import_module("django_girosolution.wrappers").GirosolutionWrapper(
        {
            "TYPE": kind,
            "MERCHANT_ID": MERCHANT,
            "PROJECT_ID": project,
            "PROJECT_PASSWORD": passphrase.encode(),
        }
    )


def get(view: str, wrapper: Any, query: str) -> HttpResponse:
    """The package's own view, called as Django would with this query string."""
    request = HttpRequest()
    request.method = "GET"
    request.META["QUERY_STRING"] = query
    shown = getattr(import_module("django_girosolution.views"), view).as_view(girosolution_wrapper=wrapper)
    response: HttpResponse = shown(request)
    return response


def walk(wrapper: Any, control: str, tx_id: str, outcome: str) -> dict[str, object]:
    transactions = import_module("django_girosolution.models").GirosolutionTransaction.objects
    urls = {"redirect_url": "https://shop.example/return", "notify_url": "https://shop.example/notify"}
    urls |= {"success_url": "/paid", "error_url": "/not-paid"}
    begun = wrapper.start_transaction(tx_id, 3000, "Bewohnerparken", **urls)
    transaction = transactions.get(reference=begun["reference"])
    decided = requests.post(
        f"{control}/sandbox/transactions/{transaction.reference}/decide", json={"outcome": outcome}, timeout=5
    ).json()
    query = decided["redirect"].partition("?")[2]
    updated = transaction.refresh_from_girosolution(wrapper)
    return {
        "rc": begun["rc"],
        "redirect": begun["redirect"],
        "status_updated": updated,
        "status_result": transaction.result_payment,
        "notify": get("NotifyGirosolutionView", wrapper, query).status_code,
        "notify_altered": get(
            "NotifyGirosolutionView", wrapper, query.replace("gcAmount=3000", "gcAmount=1")
        ).status_code,
        "return": get("GirosolutionReturnView", wrapper, query).headers["Location"],
        "valid_payment": transactions.get(reference=transaction.reference).valid_payment,
    }


def page(wrapper: Any, control: str) -> dict[str, object]:
    back = "https://shop.example/"
    begun = wrapper.init_paypage(
        "seite1",
        3000,
        "Hundesteuer",
        success_url=back,
        fail_url=back,
        back_url=back,
        notify_url=back,
        single=2,
    )
    decided = requests.post(
        f"{control}/sandbox/transactions/{begun['reference']}/decide", json={"outcome": "pay"}, timeout=5
    ).json()
    query = decided["redirect"].partition("?")[2]
    return {
        "rc": begun["rc"],
        "url": begun["url"],
        "notify": get("NotifyPaypageView", wrapper, query).status_code,
    }


def main() -> None:
    base, control = sys.argv[1:]
    configure()
    point_to(base)
    methods = import_module("django_girosolution.settings").GIROSOLUTION_PAYMENT_METHODS
    card = wrapper_for(methods.CC, CARD, "passphrase of card")
    wero = wrapper_for(methods.WERO, WERO, "passphrase of wero")
    pages = wrapper_for(methods.PAYMENT_PAGE, PAGE, "passphrase of payment_page")
    told = {
        "card paid": walk(card, control, "karte1", "pay"),
        "card cancelled": walk(card, control, "karte2", "cancel"),
        "wero paid": walk(wero, control, "wero1", "pay"),
        "page": page(pages, control),
        "projects": [project["id"] for project in pages.get_paypage_projects()],
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
