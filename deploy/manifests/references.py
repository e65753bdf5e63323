"""Policies across documents: what a document refers to is there, and no document holds a secret's value."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from deploy.manifests.documents import Document, Finding, Workload, of_kind, selects, title, workloads

Rule = Callable[[list[Document]], Iterator[Finding]]
_SECRET_NAME = re.compile(r"(PASSWORD|PASSPHRASE|SECRET|TOKEN|MASTER_KEY|LOOKUP_KEY|SESSION_KEY|CREDENTIAL)")
_NOT_A_VALUE = re.compile(r"^(/|\$\()")  # a path to a file, or another variable
_SECRET_VALUE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|://[^/@\s:]+:(?!\$\()[^/@\s]+@")


def secret_values(documents: list[Document]) -> Iterator[Finding]:
    """No Secret is committed, no URL with a password, no value for a variable that is named like a secret."""
    for secret in of_kind(documents, "Secret"):
        if secret.get("data") or secret.get("stringData"):
            yield Finding(title(secret), "secret-value", "a Secret with values in the manifests")
    for document in documents:
        for name, value in _named_values(document):
            if _SECRET_VALUE.search(value) or (_SECRET_NAME.search(name) and not _is_harmless(name, value)):
                yield Finding(title(document), "secret-value", f"{name} holds a secret's value")


def _named_values(document: Document) -> Iterator[tuple[str, str]]:
    if document["kind"] == "ConfigMap":
        yield from ((key, str(value)) for key, value in (document.get("data") or {}).items())
    for workload in workloads([document]):
        for container in workload.containers:
            yield from (
                (env["name"], str(env["value"])) for env in container.get("env", []) if "value" in env
            )


def _is_harmless(name: str, value: str) -> bool:
    return bool(_NOT_A_VALUE.match(value)) or name.endswith("_DIR")


def settings_exist(documents: list[Document]) -> Iterator[Finding]:
    """Each ConfigMap, and each key of one, that a pod asks for is rendered with it."""
    known = {d["metadata"]["name"]: set(d.get("data") or {}) for d in of_kind(documents, "ConfigMap")}
    for workload in workloads(documents):
        for name, key in _asked(workload):
            if name not in known or (key is not None and key not in known[name]):
                where = f"{key} of {name}" if key else name
                yield Finding(workload.name, "settings", f"asks for {where}, which is not there")


def _asked(workload: Workload) -> Iterator[tuple[str, str | None]]:
    for container in workload.containers:
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                yield source["configMapRef"]["name"], None
        for variable in container.get("env", []):
            if reference := variable.get("valueFrom", {}).get("configMapKeyRef"):
                yield reference["name"], reference["key"]


def secrets_apart(documents: list[Document]) -> Iterator[Finding]:
    """A process reads the secrets that carry its name, and no other's."""
    for workload in workloads(documents):
        own = f"portal-{workload.labels.get('app.kubernetes.io/name', '')}"
        for name in sorted(_secrets_of(workload.spec)):
            if name != own and not name.startswith(f"{own}-"):
                yield Finding(workload.name, "secrets-apart", f"reads {name}, which is not its own")
            if name == f"{own}-owner" and workload.runs_on:
                yield Finding(workload.name, "secrets-apart", "runs with the owner's role of its database")


def _secrets_of(part: Any) -> set[str]:
    if isinstance(part, list):
        return {name for item in part for name in _secrets_of(item)}
    if not isinstance(part, dict):
        return set()
    found = {part[key]["name"] for key in ("secretKeyRef", "secretRef") if key in part}
    if isinstance(part.get("secret"), dict) and "secretName" in part["secret"]:
        found.add(part["secret"]["secretName"])
    return found | {name for value in part.values() for name in _secrets_of(value)}


def accounts_exist(documents: list[Document]) -> Iterator[Finding]:
    known = {d["metadata"]["name"]: d for d in of_kind(documents, "ServiceAccount")}
    for workload in workloads(documents):
        name = workload.spec.get("serviceAccountName", "default")
        if name != "default" and name not in known:
            yield Finding(workload.name, "accounts", f"its service account {name} is not there")
    for name, document in known.items():
        if document.get("automountServiceAccountToken") is not False:
            yield Finding(f"ServiceAccount/{name}", "accounts", "hands out a token")


def selectors_meet(documents: list[Document]) -> Iterator[Finding]:
    """Each Service and disruption budget finds pods, and each port of a Service one of theirs."""
    pods = list(workloads(documents))
    for document in of_kind(documents, "Service", "PodDisruptionBudget"):
        spec = document["spec"]
        is_service = document["kind"] == "Service"
        selector = {"matchLabels": spec.get("selector")} if is_service else spec["selector"]
        met = [pod for pod in pods if selects(selector, pod.labels)]
        if len(met) != 1:
            names = ", ".join(pod.name for pod in met) or "nothing"
            yield Finding(title(document), "selectors", f"selects {names} instead of one workload")
        elif is_service:
            missing = [p for p in spec["ports"] if met[0].port(p.get("targetPort", p["port"])) is None]
            for port in missing:
                sentence = f"its port {port['port']} leads to no port of {met[0].name}"
                yield Finding(title(document), "selectors", sentence)


def budgets_exist(documents: list[Document]) -> Iterator[Finding]:
    """Each process has a disruption budget that lets a node be drained."""
    budgets = of_kind(documents, "PodDisruptionBudget")
    for workload in workloads(documents):
        if workload.labels.get("app.kubernetes.io/component") != "process":
            continue
        mine = [budget for budget in budgets if selects(budget["spec"]["selector"], workload.labels)]
        if not mine:
            yield Finding(workload.name, "budgets", "has no disruption budget")
        for budget in mine:
            if budget["spec"].get("maxUnavailable") in (None, 0, "0", "0%"):
                yield Finding(title(budget), "budgets", "keeps a node from being drained")


RULES: tuple[Rule, ...] = (
    secret_values,
    settings_exist,
    secrets_apart,
    accounts_exist,
    selectors_meet,
    budgets_exist,
)
