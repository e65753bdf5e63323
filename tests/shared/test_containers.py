"""The kernel's flow on servers in containers, where a container engine answers."""

import os
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

from shared.ids import new_id
from shared.testing import running
from tests.shared.toy.library import LIBRARY, Loan

POSTGRES = os.environ.get("PORTAL_TEST_POSTGRES_IMAGE", "postgres:18")
RABBITMQ = os.environ.get("PORTAL_TEST_RABBITMQ_IMAGE", "rabbitmq:4")


def engine_answers() -> bool:
    try:
        return bool(docker.from_env(timeout=2).ping())
    except DockerException:
        return False


@pytest.mark.container
@pytest.mark.skipif(not engine_answers(), reason="no container engine answers")
class TestInContainers:
    async def test_appends_and_loads(self, tmp_path: Path) -> None:
        broker = DockerContainer(RABBITMQ).with_exposed_ports(5672)
        with PostgresContainer(POSTGRES, driver=None) as postgres, broker as rabbit:
            wait_for_logs(rabbit, "Server startup complete", timeout=90)
            place = f"{rabbit.get_container_host_ip()}:{rabbit.get_exposed_port(5672)}"
            amqp = f"amqp://guest:guest@{place}/"
            async with running(LIBRARY, postgres.get_connection_url(), amqp, tmp_path / "library") as library:
                unit = library.runtime.unit()
                loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="Łukasz")
                await unit.save(loan, subject=new_id())
                await unit.commit()
                assert (await library.runtime.unit().load(Loan, loan.id)).reader == "Łukasz"
