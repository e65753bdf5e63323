from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.applications.catalogue.examination import Examination, examine
from services.applications.catalogue.loading import Catalogue, read_catalogue
from tests.services.applications import plain
from tests.services.applications.plain import DOG

TODAY = date(2026, 11, 22)
ACCOUNT = "0192b1c4-0000-7000-8000-000000000001"

PERMIT: dict[str, Any] = {**plain.PERMIT, "birth_date": "12.08.1984"}  # as people write it

Examine = Callable[..., Examination]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue()


@pytest.fixture
def permit(catalogue: Catalogue) -> Examine:
    """Examines the plain permit application with some answers changed; None leaves one out."""
    return _examiner(catalogue, "bewohnerparkausweis", PERMIT)


@pytest.fixture
def dog(catalogue: Catalogue) -> Examine:
    """Examines a plain dog registration with some answers changed."""
    return _examiner(catalogue, "hundesteuer-anmeldung", DOG)


def _examiner(catalogue: Catalogue, key: str, plain: dict[str, Any]) -> Examine:
    def run(today: date = TODAY, **changed: Any) -> Examination:
        answers = {name: value for name, value in {**plain, **changed}.items() if value is not None}
        return examine(catalogue.current(key), catalogue, answers, today=today, account=ACCOUNT)

    return run
