"""The operator's command on a real log."""

import asyncio
import json
import shutil
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from rich.console import Console

from shared.cli import commands, rebuilding, services, tasks
from shared.feed.sequencer import Sequencer
from shared.ids import new_id
from shared.keys import KeyRing
from shared.log import Meta, Projections, Sealer
from shared.log.projection import Patch
from shared.service import KERNEL_MIGRATIONS
from shared.testing.databases import APP_ROLE, at
from tests.shared.log.conftest import Log, databases, log
from tests.shared.toy.library import LIBRARY, BookLent, Loan

pytestmark = pytest.mark.integration
__all__ = ["databases", "log"]
MASTER = b"0123456789abcdef0123456789abcdef"
Portal = Callable[..., Awaitable[tuple[Any, str, str]]]


@pytest.fixture
async def portal(
    log: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Portal:
    """Runs `portal …` as an operator of the library: (exit code, out, err)."""
    log.keys._master = KeyRing(None, MASTER, "")._master  # type: ignore[arg-type]
    (tmp_path / "master_key").write_text(b64encode(MASTER).decode())
    given = {
        "PORTAL_DATABASE_URL": log.databases.log,
        "PORTAL_OWNER_DATABASE_URL": log.databases.owner_log,
        "PORTAL_OWNER_KEYS_DATABASE_URL": log.databases.owner_keys,
        "PORTAL_APP_ROLE": APP_ROLE,
        "PORTAL_SECRETS_DIR": str(tmp_path),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    find = services.find
    monkeypatch.setattr(services, "find", lambda name: LIBRARY if name == "library" else find(name))
    for module in (commands, tasks):
        monkeypatch.setattr(module, "console", Console(width=250))

    def run(*words: str) -> Any:
        monkeypatch.setattr("sys.argv", ["portal", *words])
        with pytest.raises(SystemExit) as ended:
            commands.main()
        return ended.value.code

    async def portal(*words: str) -> tuple[Any, str, str]:
        code = await asyncio.to_thread(run, *words)
        out, err = capsys.readouterr()
        return code, out, err

    return portal


class TestMigrate:
    async def test_applies_once_and_refuses_a_changed_file(
        self,
        portal: Portal,
        log: Log,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        postgres_url: str,
    ) -> None:
        name = f"portal_test_migrate_{uuid4().hex[:8]}"
        admin = await asyncpg.connect(postgres_url)
        await admin.execute(f'CREATE DATABASE "{name}"')
        folder = tmp_path / "migrations"
        shutil.copytree(LIBRARY.migrations, folder)
        monkeypatch.setattr(services, "find", lambda _: replace(LIBRARY, migrations=folder))
        monkeypatch.setenv("PORTAL_OWNER_DATABASE_URL", at(postgres_url, name))
        files = len(list(KERNEL_MIGRATIONS.glob("*.sql"))) + 1
        try:
            _, out, _ = await portal("migrate", "library")
            assert f"{name}: {files} applied, 0 there already" in out
            _, out, _ = await portal("migrate", "library")
            assert f"{name}: 0 applied, {files} there already" in out
            (folder / "0001_loan.sql").write_text("SELECT 1")
            code, _, err = await portal("migrate", "library")
            assert (code, err.count("\n")) == (2, 1)
            assert "0001 was changed after it was applied" in err
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            await admin.close()


class TestLooking:
    async def test_prints_a_stream_with_personal_fields_sealed(self, portal: Portal, log: Log) -> None:
        loan = await log.lend("Faust")
        _, out, _ = await portal("stream", "library", str(loan.id))
        assert "library.book_lent v1" in out
        assert "Faust" in out
        assert "Łukasz" not in out
        _, out, _ = await portal("stream", "library", str(new_id()))
        assert "has no stream" in out

    async def test_lists_streams_written_last(self, portal: Portal, log: Log) -> None:
        _, out, _ = await portal("streams", "library")
        assert "is empty" in out
        first, second = await log.lend(), await log.lend()
        _, out, _ = await portal("streams", "library", "--last", "1")
        assert str(second.id) in out
        assert str(first.id) not in out

    async def test_prints_the_feed_an_event_a_line(self, portal: Portal, log: Log) -> None:
        for _ in range(3):
            await log.lend()
        sequencer = Sequencer(log.pool, LIBRARY.published)
        async with asyncio.timeout(20):  # an older transaction of the server may hold events back
            while (await sequencer.run_once())[0] < 3:
                await asyncio.sleep(0.02)
        _, out, _ = await portal("feed", "library", "--after", "1")
        assert [json.loads(line)["sequence"] for line in out.splitlines()] == [2, 3]


class TestWhatIsParked:
    @pytest.fixture(autouse=True)
    async def parked(self, log: Log) -> None:
        for sequence, stream in ((4, "a"), (5, "b"), (6, "a")):
            await log.pool.execute(
                "INSERT INTO parked (source, sequence, stream_key, envelope, error) "
                "VALUES ('other', $1, $2, '', 'no')",
                sequence, stream,
            )  # fmt: skip

    async def test_is_listed_retried_and_discarded(self, portal: Portal, log: Log) -> None:
        _, out, _ = await portal("parked", "list", "library")
        assert out.count("other") == 3
        _, out, _ = await portal("parked", "retry", "library", "a")
        assert "2 events" in out
        assert await log.pool.fetchval("SELECT count(*) FROM parked WHERE retry_at <= now()") == 2
        _, out, _ = await portal("parked", "discard", "library", "b", "--reason", "moot")
        assert "1 events" in out
        assert await log.pool.fetchval("SELECT discard_reason FROM parked WHERE stream_key = 'b'") == "moot"
        _, out, _ = await portal("parked", "list", "library")
        assert (out.count("other"), out.count("asked for")) == (2, 2)

    async def test_is_not_discarded_without_a_reason(self, portal: Portal, log: Log) -> None:
        code, _, err = await portal("parked", "discard", "library", "b")
        assert code == 2
        assert "--reason" in err


class TestRebuild:
    async def test_finds_an_untouched_model_equal(self, portal: Portal, log: Log) -> None:
        for n in range(5):
            await log.lend(f"book {n}")
        _, out, err = await portal("rebuild", "library", "loan")
        assert "equals the fold" in out, err
        assert await log.pool.fetchval("SELECT to_regclass('loan_rebuilt')") is None

    @pytest.mark.parametrize("kept_back", [1, 3, 1_000])
    async def test_gives_the_same_rows_however_many_are_kept_back(
        self, portal: Portal, log: Log, monkeypatch: pytest.MonkeyPatch, kept_back: int
    ) -> None:
        monkeypatch.setattr(rebuilding, "FLUSH", kept_back)
        for loan in [await log.lend(f"book {n}") for n in range(4)]:
            unit = log.unit()
            again = await unit.load(Loan, loan.id)
            again.give_back("", now=unit.now)
            await unit.save(again)
            await unit.commit()
        _, out, err = await portal("rebuild", "library", "loan")
        assert "8 events folded" in out, err
        assert "equals the fold" in out

    async def test_swaps_a_tampered_one_twice_and_keeps_the_grants(self, portal: Portal, log: Log) -> None:
        await log.lend("Faust")
        for _ in range(2):
            await log.pool.execute("UPDATE loan SET title = 'tampered'")
            _, out, err = await portal("rebuild", "library", "loan")
            assert "Swapped" in out, err
            assert [r["title"] for r in await log.pool.fetch("SELECT title FROM loan")] == ["Faust"]
        await log.lend("Urfaust")
        assert await log.count("loan") == 2

    async def test_loses_nothing_written_meanwhile(self, portal: Portal, log: Log) -> None:
        """Loans that begin and loans that end while it runs: what was swapped in is what the log says."""
        await log.lend("first")
        await log.pool.execute("UPDATE loan SET title = 'tampered'")
        stop = False

        async def write() -> None:
            while not stop:
                lent, unit = await log.lend("later"), log.unit()
                loan = await unit.load(Loan, lent.id)
                loan.give_back("in good order", now=unit.now)
                await unit.save(loan)
                await unit.commit()

        writers = [asyncio.create_task(write()) for _ in range(4)]
        _, out, err = await portal("rebuild", "library", "loan")
        stop = True
        await asyncio.gather(*writers)
        assert "Swapped" in out, err
        assert await log.pool.fetchval("SELECT count(DISTINCT stream_id) FROM event") == await log.count(
            "loan"
        )
        _, again, err = await portal("rebuild", "library", "loan")
        assert "equals the fold" in again, err

    async def test_fires_no_effect_again(self, portal: Portal, log: Log) -> None:
        unit = log.unit()
        loan = Loan.lend(id=new_id(), now=unit.now, title="Faust", reader="x")
        await unit.save(loan, subject=new_id())
        unit.task("return_book", {"loan_id": str(loan.id)})
        await unit.commit()
        sequencer = Sequencer(log.pool, LIBRARY.published)
        async with asyncio.timeout(10):
            while (await sequencer.run_once())[0] < 1:
                await asyncio.sleep(0.02)
        await log.pool.execute("UPDATE loan SET title = 'tampered'")
        _, out, err = await portal("rebuild", "library", "loan")
        assert "Swapped" in out, err
        assert (await sequencer.run_once())[0] == 1
        assert [await log.count(table) for table in ("event", "task", "feed")] == [1, 1, 1]

    async def test_leaves_a_table_alone_that_no_event_stands_for(self, portal: Portal, log: Log) -> None:
        unit = log.unit()
        unit.put(LIBRARY.projections.tables["loan"], (str(new_id()),), {"title": "draft", "state": "new"})
        await unit.commit()
        code, _, err = await portal("rebuild", "library", "loan")
        assert (code, await log.count("loan")) == (2, 1)
        assert "No event stands for" in err

    async def test_names_the_read_models_there_are(self, portal: Portal) -> None:
        code, _, err = await portal("rebuild", "library", "nonsense")
        assert code == 2
        assert "it has: loan" in err


class TestAFold:
    """Of patches that meet in one row while it is kept back, and while it is not."""

    @pytest.mark.parametrize("kept_back", [1, 1_000])
    @pytest.mark.parametrize("write_once", [False, True])
    async def test_deletes_and_begins_rows_anew(
        self, log: Log, monkeypatch: pytest.MonkeyPatch, kept_back: int, write_once: bool
    ) -> None:
        monkeypatch.setattr(rebuilding, "FLUSH", kept_back)
        projections = Projections()
        loans = projections.table("loan", ("loan_id",), ("title", "state"), write_once=write_once)

        @projections.on(BookLent)
        def on_book_lent(event: BookLent, meta: Meta, seal: Sealer) -> Iterator[Patch]:
            place = (str(event.originator_id),)
            yield loans, place, {"title": event.title, "state": "lent"}
            yield loans, place, {"state": "at home"}
            if event.title != "kept":
                yield loans, place, None
            if event.title == "again":
                yield loans, place, {"title": "once more", "state": "new"}

        for title in ("gone", "again", "kept"):
            await log.lend(title)
        owner = await asyncpg.create_pool(log.databases.owner_log, min_size=1, max_size=2)
        fold = rebuilding.Fold(replace(LIBRARY, projections=projections), loans, owner, log.keys)
        await fold.begin()
        await fold.go_on(settled=False)
        rows = await owner.fetch("SELECT title, state FROM loan_rebuilt ORDER BY title")
        await owner.execute("DROP TABLE loan_rebuilt")
        await owner.close()
        assert [tuple(row) for row in rows] == [
            ("kept", "lent" if write_once else "at home"),
            ("once more", "new"),
        ]


class TestMistakes:
    async def test_are_said_in_a_sentence(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        code, _, err = await portal("streams", "nobody")
        assert (code, err.count("\n")) == (2, 1)
        assert "There is no service 'nobody'" in err
        (tmp_path / "master_key").unlink()
        code, _, err = await portal("rebuild", "library", "loan")
        assert (code, err.count("\n")) == (2, 1)
        assert "master key" in err
        monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
        code, _, err = await portal("streams", "library")
        assert (code, err.count("\n")) == (2, 1)
        monkeypatch.delenv("PORTAL_DATABASE_URL")
        code, _, err = await portal("streams", "library")
        assert (code, err) == (2, "The environment variable PORTAL_DATABASE_URL is not set.\n")


class TestDocs:
    async def test_written_are_fresh_and_a_change_is_stale(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(services, "NAMES", ("library",))
        code, _, err = await portal("docs", "--check", "--root", str(tmp_path))
        assert code == 2
        assert "docs/events.md" in err
        await portal("docs", "--root", str(tmp_path))
        code, out, _ = await portal("docs", "--check", "--root", str(tmp_path))
        assert (code, out) == (0, "0 documents stale.\n")
        (tmp_path / "docs/events.md").write_text("other")
        code, _, err = await portal("docs", "--check", "--root", str(tmp_path))
        assert (code, err) == (2, "Stale, run `make docs`: docs/events.md\n")


class TestTasks:
    async def test_lists_what_failed_and_lets_it_be_tried_again(self, portal: Portal, log: Log) -> None:
        _, out, _ = await portal("tasks", "list", "library")
        assert "No task of library has failed" in out
        unit = log.unit()
        given_up, waiting = unit.task("send_mail", {}), unit.task("return_book", {})
        await unit.commit()
        failed = "UPDATE task SET tries = 80, last_error = $2, failed_at = $3 WHERE task_id = $1"
        await log.pool.execute(failed, given_up, "refused", unit.now)
        await log.pool.execute(failed, waiting, "hiccup", None)
        _, out, _ = await portal("tasks", "list", "library")
        assert out.index("refused") < out.index("hiccup")
        _, out, _ = await portal("tasks", "retry", "library", str(waiting))
        assert "0 tasks" in out
        for which in (str(given_up), "send_mail"):
            await log.pool.execute(failed, given_up, "refused", unit.now)
            _, out, _ = await portal("tasks", "retry", "library", which)
            assert "1 tasks will be tried again" in out
            row = await log.pool.fetchrow("SELECT tries, failed_at FROM task WHERE task_id = $1", given_up)
            assert tuple(row) == (0, None)
