from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.sandbox.serving import Sandbox, Shop, running_sandbox, running_shop


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path) as running:
        yield running


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running
