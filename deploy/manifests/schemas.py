"""Validates documents: Kubernetes' own kinds by its schemas, custom resources by those of their operators.

The operators' schemas are read from the folder PORTAL_CRD_SCHEMAS, else `../shared/crd-schemas` beside the
project: `<group>/<kind>_<version>.json`. Without a folder custom resources are left out; the caller says so.
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import kubernetes_validate
from jsonschema import Draft7Validator

from deploy.manifests.documents import Document, Finding, title

KUBERNETES = "1.34"  # the oldest that is supported: preStop.sleep and restricted pods without a feature gate
RULE = "schema"
_OF_KUBERNETES = ("", "apps", "batch", "policy", "autoscaling")
_CUSTOM_BY_SCHEMA = ("gateway.networking.k8s.io",)  # Kubernetes' by its name only


def schema_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the operators' schemas are; None when they are not on this machine."""
    beside = Path(__file__).parents[3] / "shared" / "crd-schemas"
    folder = Path(environment.get("PORTAL_CRD_SCHEMAS") or beside)
    return folder if folder.is_dir() else None


def check_schema(document: Document, folder: Path | None) -> Iterator[Finding]:
    """Faults of one document; a custom kind without a schema is a fault, unless there is no folder at all."""
    group = document.get("apiVersion", "").rpartition("/")[0]
    if not _is_custom(group):
        yield from _check_kubernetes(document)
    elif folder is not None:
        yield from _check_custom(document, group, folder)


def _is_custom(group: str) -> bool:
    return group in _CUSTOM_BY_SCHEMA or not (group in _OF_KUBERNETES or group.endswith(".k8s.io"))


def _check_kubernetes(document: Document) -> Iterator[Finding]:
    try:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = ".".join(str(part) for part in error.path)
        yield Finding(title(document), RULE, f"{place}: {error.message}")
    except kubernetes_validate.SchemaNotFoundError as error:
        yield Finding(title(document), RULE, f"Kubernetes {KUBERNETES} has no such kind: {error}")


def _check_custom(document: Document, group: str, folder: Path) -> Iterator[Finding]:
    version = document["apiVersion"].rpartition("/")[2]
    file = folder / group / f"{document['kind'].lower()}_{version}.json"
    if not file.is_file():
        yield Finding(title(document), RULE, f"there is no schema {file.relative_to(folder)}")
        return
    for error in _validator(file).iter_errors(document):
        yield Finding(title(document), RULE, f"{'.'.join(map(str, error.path))}: {error.message}")


@cache
def _validator(file: Path) -> Draft7Validator:
    return Draft7Validator(json.loads(file.read_text()))
