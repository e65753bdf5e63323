"""What is the same for everybody is asked once for many."""

import asyncio
from typing import Any

import pytest

from gateway.catalogue import KEPT_SECONDS, Catalogue
from shared.web.calls import RemoteUnavailable


class Applications:
    """Answers with what it was asked, slowly; or is away."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.away = False

    async def get(self, service: str, path: str, *, purpose: str, headers: dict[str, str]) -> Any:
        self.asked.append((path, headers["Accept-Language"]))
        await asyncio.sleep(0.01)
        if self.away:
            raise RemoteUnavailable(service, "away")
        return {"path": path}


class Watch:
    time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def applications() -> Applications:
    return Applications()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def catalogue(applications: Applications, watch: Watch) -> Catalogue:
    return Catalogue(applications, watch)  # type: ignore[arg-type]


class TestAnAnswer:
    async def test_is_asked_once_for_all_who_come_together(
        self, catalogue: Catalogue, applications: Applications
    ) -> None:
        answers = await asyncio.gather(*(catalogue.get("/services", "de") for _ in range(20)))
        assert (answers, applications.asked) == ([{"path": "/services"}] * 20, [("/services", "de")])

    async def test_is_another_in_another_language(
        self, catalogue: Catalogue, applications: Applications
    ) -> None:
        await catalogue.get("/services", "de")
        await catalogue.get("/services", "en")
        assert applications.asked == [("/services", "de"), ("/services", "en")]

    async def test_grows_old(self, catalogue: Catalogue, applications: Applications, watch: Watch) -> None:
        await catalogue.get("/services", "de")
        watch.time = KEPT_SECONDS - 0.1
        await catalogue.get("/services", "de")
        assert len(applications.asked) == 1
        watch.time = KEPT_SECONDS
        await catalogue.get("/services", "de")
        assert len(applications.asked) == 2

    async def test_is_asked_anew_by_who_needs_the_newest(
        self, catalogue: Catalogue, applications: Applications
    ) -> None:
        await catalogue.get("/services", "de")
        await catalogue.get("/services", "de", fresh=True)
        await catalogue.get("/services", "de")
        assert len(applications.asked) == 2

    async def test_that_failed_does_not_take_a_newer_one_with_it(
        self, catalogue: Catalogue, applications: Applications
    ) -> None:
        applications.away = True
        failing = asyncio.create_task(catalogue.get("/services", "de"))
        await asyncio.sleep(0.005)
        fresh = asyncio.create_task(catalogue.get("/services", "de", fresh=True))
        with pytest.raises(RemoteUnavailable):
            await failing
        applications.away = False
        await fresh
        await catalogue.get("/services", "de")
        assert len(applications.asked) == 2

    async def test_that_failed_is_not_kept(self, catalogue: Catalogue, applications: Applications) -> None:
        applications.away = True
        with pytest.raises(RemoteUnavailable):
            await catalogue.get("/services", "de")
        applications.away = False
        assert await catalogue.get("/services", "de") == {"path": "/services"}

    async def test_reaches_the_others_when_one_gives_up(
        self, catalogue: Catalogue, applications: Applications
    ) -> None:
        first = asyncio.create_task(catalogue.get("/services", "de"))
        second = asyncio.create_task(catalogue.get("/services", "de"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == {"path": "/services"}
        assert len(applications.asked) == 1
