"""Every benchmark runs, with next to nothing to do, and gives every figure that the table shows.

No time is asserted: only that the figures are there and are numbers.
"""

import asyncio
import math
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from statistics import median

import asyncpg
import pytest
from rich.console import Console

from deploy.local.testservers import STANDARD_POSTGRES
from tests.bench.__main__ import _number, main
from tests.bench.catalogue import BENCHES, chosen, groups
from tests.bench.measuring import FULL, SMOKE, Bench, Result, Row, measure
from tests.bench.report import Run, markdown, terminal_table
from tests.bench.rig import Rig, rigged
from tests.bench.run import run, run_one


@pytest.fixture(scope="session")
async def rig() -> AsyncIterator[Rig]:
    async with rigged() as found:
        yield found


def row(reach: float | None = 1.0, *, less: bool = False) -> Row:
    return Row("key", "what", "/s", "ours", "raw", "the raw limit", reach, less)


@pytest.mark.integration
class TestABenchmark:
    @pytest.mark.parametrize("bench", BENCHES, ids=lambda bench: bench.title)
    async def test_gives_every_row_a_figure(self, rig: Rig, bench: Bench) -> None:
        found = Run(SMOKE, rig.settings)
        await run_one(bench, rig, found, lambda text: None)
        assert [result.row.key for result in found.results] == [row.key for row in bench.rows]
        for result in found.results:
            for figure in (*result.ours, *result.beside, *result.ratios):
                assert math.isfinite(figure)
                assert figure > 0
        assert all(map(math.isfinite, _profiled(found)))
        assert all(result.row.what in markdown(found) for result in found.results)
        assert terminal_table(found.results).row_count == len(bench.rows)

    async def test_is_left_out_where_the_time_is_up(self) -> None:
        found = await run(BENCHES[:2], SMOKE, Console(quiet=True), minutes=0)
        assert found.results == []
        left_out = [f"Left out, the time was up: {bench.title}." for bench in BENCHES[:2]]
        assert [remark for remark in found.notes.remarks if remark in left_out] == left_out

    async def test_runs_on_a_server_that_writes_before_it_answers(self, rig: Rig) -> None:
        assert (rig.settings["fsync"], rig.settings["synchronous_commit"]) == ("on", "on")


def _profiled(found: Run) -> list[float]:
    return [figure for profile in found.notes.profiles.values() for figure in profile.values()]


class TestTheCatalogue:
    def test_names_a_row_once(self) -> None:
        keys = [row.key for bench in BENCHES for row in bench.rows]
        assert len(keys) == len(set(keys))

    def test_is_chosen_from_by_group(self) -> None:
        assert {bench.group for bench in chosen(["relay", "append"])} == {"relay", "append"}
        assert chosen([]) == BENCHES
        with pytest.raises(KeyError, match=r"nonsense.*there are: append"):
            chosen(["nonsense", *groups()])


class TestMeasuring:
    async def test_takes_the_sides_in_turn(self) -> None:
        seen: list[str] = []

        async def one() -> float:
            seen.append("one")
            return 1.0

        async def two() -> dict[str, float]:
            seen.append("two")
            return {"": 2.0, "client": 3.0}

        found = await measure({"one": one, "two": two}, 2, lambda text: None, warm=False)
        assert seen == ["one", "two", "one", "two"]
        assert found == {"one": [1.0, 1.0], "two": [2.0, 2.0], "two.client": [3.0, 3.0]}

    async def test_leaves_the_warming_round_out(self) -> None:
        figures = iter([100.0, 1.0, 2.0])

        async def side() -> float:
            return next(figures)

        assert await measure({"side": side}, 2, lambda text: None) == {"side": [1.0, 2.0]}

    def test_compares_round_by_round(self) -> None:
        result = Result(row(), ours=[10.0, 400.0, 30.0], beside=[10.0, 200.0, 60.0])
        assert result.ratio == median([1.0, 2.0, 0.5])

    @pytest.mark.parametrize(
        ("reach", "less", "reached"),
        [(0.9, False, True), (1.1, False, False), (1.1, True, True), (0.9, True, False), (None, False, None)],
    )
    def test_says_whether_it_is_reached(self, reach: float | None, less: bool, reached: bool | None) -> None:
        assert Result(row(reach, less=less), [1.0], [1.0]).is_reached is reached


class TestASize:
    def test_is_scaled_down_to_the_smallest(self) -> None:
        assert FULL.scaled(1.0) == replace(FULL, name="full-1")
        half = FULL.scaled(0.5)
        assert (half.name, half.growth, half.rounds, half.seconds) == ("full-0.5", 1_000_000, 3, 0.5)
        assert FULL.scaled(0.0) == replace(SMOKE, name="full-0")


class TestTheCommandLine:
    def test_takes_numbers_out_of_the_flags(self) -> None:
        flags = {"--minutes=2.5", "--scale=x", "--quick"}
        assert _number("--minutes=", flags) == 2.5
        assert _number("--scale=", flags) is None
        assert flags == {"--scale=x", "--quick"}

    def test_refuses_what_it_does_not_know(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--scale=x"]) == 2
        assert main(["nonsense"]) == 2
        assert capsys.readouterr().out.count("usage:") == 2


class TestTheRig:
    @pytest.mark.skipif("PORTAL_POSTGRES_URL" in os.environ, reason="a server was given")
    async def test_has_a_server_that_nobody_else_uses(self, rig: Rig) -> None:
        assert rig.admin_url != STANDARD_POSTGRES
        connection = await asyncpg.connect(rig.admin_url)
        others = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname NOT LIKE 'portal_test_%' AND NOT datistemplate"
        )
        await connection.close()
        assert [row["datname"] for row in others] == ["postgres"]

    async def test_counts_what_callers_do_side_by_side(self, rig: Rig) -> None:
        done = 0

        async def work(caller: int) -> int:
            nonlocal done
            await asyncio.sleep(0.001)
            done += 1
            return 1

        figures = await rig.timed(0.3, 8, work)
        assert isinstance(figures, dict)
        assert figures["operations"] == done >= 8
        assert figures[""] > 0


class TestTheTable:
    def test_shows_every_row_with_its_ratio(self) -> None:
        console = Console(record=True, width=160)
        console.print(terminal_table([Result(row(0.5), [3.0], [4.0])]))
        shown = console.export_text()
        assert "0.75" in shown
        assert "≥ 0.5" in shown
