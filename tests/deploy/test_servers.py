import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from deploy.local.databases import provide_databases, without_password
from deploy.local.places import CannotStart
from deploy.local.ports import free_port
from deploy.local.postgres import private_postgres, superuser_url
from deploy.local.processes import Supervisor
from deploy.local.rabbit import find_broker, given_broker
from deploy.local.rabbit_node import NodePorts, installed_root
from deploy.local.testservers import postgres_for_tests, rabbitmq_for_tests, sweep

pytestmark = pytest.mark.integration


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    started = Supervisor(tmp_path)
    yield started
    started.stop()


def node_ports() -> NodePorts:
    return NodePorts(free_port(), free_port(), free_port())


def password_of(role: str) -> str:
    return f"password of {role}/@:"


class TestThePrivatePostgres:
    async def test_starts_keeps_its_data_and_stops(self, supervisor: Supervisor, tmp_path: Path) -> None:
        port, password = free_port(), secrets.token_urlsafe(16)
        for expected in (None, "there"):
            supervisor.start(private_postgres(tmp_path / "postgres", port, password))
            connection = await asyncpg.connect(superuser_url(port, password))
            assert await connection.fetchval("SELECT to_regclass('kept')::text") == (expected and "kept")
            await connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 'there' AS it")
            assert await connection.fetchval("SHOW fsync") == "on"
            await connection.close()
            supervisor.stop()
            with pytest.raises(OSError, match="Connect call failed"):
                await asyncpg.connect(superuser_url(port, password))

    async def test_lets_nobody_in_without_the_password(self, supervisor: Supervisor, tmp_path: Path) -> None:
        port = free_port()
        supervisor.start(private_postgres(tmp_path / "postgres", port, "the right one"))
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(superuser_url(port, "another"))

    async def test_gives_each_service_its_own(self, supervisor: Supervisor, tmp_path: Path) -> None:
        port = free_port()
        supervisor.start(private_postgres(tmp_path / "postgres", port, "admin"))
        for turn in range(2):  # the second time everything is there already
            databases = await provide_databases(
                superuser_url(port, "admin"), ["identity", "payments"], password_of, "t_"
            )
            assert databases["payments"].are_new == (turn == 0)
        owner = await asyncpg.connect(databases["payments"].owner)
        await owner.execute("CREATE TABLE secret (it int)")
        await owner.close()
        app = await asyncpg.connect(databases["payments"].app)
        assert await app.fetchval("SELECT current_database()") == "t_portal_payments"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch("SELECT * FROM secret")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("CREATE TABLE mine (it int)")
        await app.close()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(databases["payments"].app, database="t_portal_identity")

    async def test_that_is_away_is_named_without_the_password(self) -> None:
        with pytest.raises(CannotStart) as refusal:
            await provide_databases(f"postgresql://me:hidden@127.0.0.1:{free_port()}/x", ["a"], password_of)
        assert "me@127.0.0.1" in str(refusal.value)
        assert "hidden" not in str(refusal.value)

    def test_url_is_shown_without_password(self) -> None:
        assert without_password("postgresql://me:pw@h:1/x") == "postgresql://me@h:1/x"


class TestTheBroker:
    @pytest.mark.skipif(installed_root() is None, reason="no rabbitmq-server is installed")
    async def test_is_a_private_node_where_none_answers(self, supervisor: Supervisor, tmp_path: Path) -> None:
        broker = find_broker({}, tmp_path, node_ports(), "s3cret", lambda text: None, standard=free_port())
        for process in broker.processes:
            supervisor.start(process, within=90)
        connection = await aio_pika.connect(broker.url, timeout=5)
        await connection.close()
        with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
            await aio_pika.connect(broker.url.replace("portal:s3cret", "guest:guest"), timeout=5)
        supervisor.stop()
        with pytest.raises(aio_pika.exceptions.AMQPConnectionError):
            await aio_pika.connect(broker.url, timeout=5)

    def test_given_with_a_virtual_host_is_ours(self) -> None:
        assert given_broker("amqp://u:p@broker.example/lindenau", "us").name_prefix == ""

    @pytest.mark.parametrize("path", ["", "/", "/%2F"])
    def test_given_without_one_gets_a_prefix(self, path: str) -> None:
        assert given_broker(f"amqp://u:p@broker.example{path}", "us").name_prefix == "us."


class TestServersForTests:
    async def test_are_there_inside_a_running_loop(self) -> None:
        with postgres_for_tests() as admin_url, rabbitmq_for_tests() as broker:
            connection = await asyncpg.connect(admin_url)
            assert await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            await connection.close()
            channel = await aio_pika.connect(broker.url, timeout=5)
            await channel.close()
        with pytest.raises(aio_pika.exceptions.AMQPError):
            await aio_pika.connect(broker.url, timeout=5)

    def test_of_a_killed_session_are_ended_by_the_next(self, tmp_path: Path) -> None:
        gone = subprocess.Popen(["true"])
        gone.wait()
        left = tmp_path / f"postgres-{gone.pid}-x"
        supervisor = Supervisor(left)
        supervisor.start(private_postgres(left, free_port(), "pw"))
        sweep(tmp_path)
        assert not left.exists()
        assert supervisor.died() is not None
