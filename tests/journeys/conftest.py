"""One portal for all journeys, what it tells the world, and its people."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.demo.listening import Listener, listening
from deploy.local.places import state_folder
from tests.journeys.books import Books
from tests.journeys.collector import Collector, collecting
from tests.journeys.people import Official, Resident, TownHall, gateway_calls, newcomer
from tests.journeys.stage import Stage, staged

HERE = Path(__file__).parent
Arrive = Callable[..., Awaitable[Resident]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: eight processes shall not run beside the other tests."""
    items.sort(key=lambda item: item.path.is_relative_to(HERE))


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Every process sends its spans here."""
    with collecting() as found, pytest.MonkeyPatch.context() as told:
        told.setenv("PORTAL_OTLP_ENDPOINT", found.url)
        told.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        yield found


@pytest.fixture(scope="session")
async def stage(postgres_url: str, amqp_url: str, collector: Collector) -> AsyncIterator[Stage]:
    tests = state_folder() / "test"
    tests.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="journeys-", dir=tests, ignore_cleanup_errors=True) as folder:
        async with staged(Path(folder), postgres_url, amqp_url) as stage:
            yield stage


@pytest.fixture(scope="session")
async def listener(stage: Stage) -> AsyncIterator[Listener]:
    """Hears every public event."""
    async with listening(stage.stack.broker.url, stage.exchange) as listener:
        yield listener


@pytest.fixture(scope="session")
async def town_hall(stage: Stage) -> AsyncIterator[TownHall]:
    async with gateway_calls(stage) as calls:
        town_hall = TownHall(stage, calls)
        yield town_hall
        await town_hall.aclose()


@pytest.fixture(scope="session")
async def clerk(town_hall: TownHall) -> Official:
    return await town_hall.official("clerk")


@pytest.fixture(scope="session")
async def treasurer(town_hall: TownHall) -> Official:
    return await town_hall.official("treasurer")


@pytest.fixture(scope="session")
async def books(stage: Stage, listener: Listener, treasurer: Official) -> Books:
    return Books(stage, listener, treasurer)


@pytest.fixture
async def arrive(stage: Stage, listener: Listener, books: Books) -> AsyncIterator[Arrive]:
    """Brings a registered, signed-in resident about; afterwards the city's books must balance."""
    there: list[Resident] = []

    async def come(**about: str) -> Resident:
        resident = newcomer(stage, **about)
        there.append(resident)
        return await resident.arrive()

    yield come
    for resident in there:
        await resident.browser.aclose()
    await books.assert_balanced()
