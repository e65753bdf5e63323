"""Rendered manifests as data, and the pods in them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One fault: where it is (`Kind/name`), the rule that it breaks, and what to know, as a sentence."""

    where: str
    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence} [{self.rule}]"


@dataclass(frozen=True)
class Workload:
    """A pod template and the document it stands in."""

    document: Document
    template: Document

    @property
    def name(self) -> str:
        return title(self.document)

    @property
    def runs_on(self) -> bool:
        """Whether it runs until it is stopped, so that probes and draining matter."""
        return str(self.document["kind"]) not in {"Job", "CronJob"}

    @property
    def labels(self) -> Mapping[str, str]:
        return self.template.get("metadata", {}).get("labels") or {}

    @property
    def spec(self) -> Document:
        spec: Document = self.template["spec"]
        return spec

    @property
    def containers(self) -> list[Document]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    def port(self, wanted: int | str) -> int | None:
        """The number of a port of its containers, by name; a number stands for itself."""
        if isinstance(wanted, int):
            return wanted
        ports = [port for container in self.containers for port in container.get("ports", [])]
        return next((port["containerPort"] for port in ports if port.get("name") == wanted), None)


def title(document: Document) -> str:
    return f"{document.get('kind', '?')}/{document.get('metadata', {}).get('name', '?')}"


def of_kind(documents: Iterable[Document], *kinds: str) -> list[Document]:
    return [document for document in documents if document["kind"] in kinds]


def workloads(documents: Iterable[Document]) -> Iterator[Workload]:
    """Every pod template, whatever makes pods of it."""
    for document in documents:
        if document["kind"] == "CronJob":
            yield Workload(document, document["spec"]["jobTemplate"]["spec"]["template"])
        elif document["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job"}:
            yield Workload(document, document["spec"]["template"])


def selects(selector: Document, labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches, as Kubernetes does it; an empty selector takes everything."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(wanted, labels) for wanted in selector.get("matchExpressions") or [])


def _holds(wanted: Document, labels: Mapping[str, str]) -> bool:
    value = labels.get(wanted["key"])
    match wanted["operator"]:
        case "In":
            return value in wanted["values"]
        case "NotIn":
            return value not in wanted["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None
