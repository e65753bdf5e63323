"""The development overlay, rendered once."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from deploy.manifests.documents import Document
from deploy.manifests.rendering import OVERLAYS, render

Find = Callable[[str, str], Document]


@pytest.fixture(scope="session")
def rendered() -> list[Document]:
    return render(OVERLAYS / "dev")


@pytest.fixture
def documents(rendered: list[Document]) -> list[Document]:
    """A copy to break."""
    return deepcopy(rendered)


@pytest.fixture
def find(documents: list[Document]) -> Find:
    """A document of the copy by kind and the beginning of its name."""

    def _find(kind: str, name: str) -> Document:
        met = [d for d in documents if d["kind"] == kind and d["metadata"]["name"].startswith(name)]
        return met[0]

    return _find
