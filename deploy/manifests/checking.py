"""The whole check of one overlay: schemas, then pods, references and the network."""

from collections.abc import Iterator
from pathlib import Path

from deploy.manifests import pods, references, schemas
from deploy.manifests.documents import Document, Finding, workloads
from deploy.manifests.network import network


def policies(documents: list[Document]) -> Iterator[Finding]:
    """What our own rules say against the documents of one overlay."""
    for workload in workloads(documents):
        for rule, policy in pods.POLICIES.items():
            yield from (Finding(workload.name, rule, sentence) for sentence in policy(workload))
    for check in references.RULES:
        yield from check(documents)
    yield from network(documents)


def check(documents: list[Document], schema_folder: Path | None) -> list[Finding]:
    """Every fault, the schemas' first."""
    found = [finding for document in documents for finding in schemas.check_schema(document, schema_folder)]
    return found + list(policies(documents))
