"""A plan is data: the same seed gives the same, another one another, and it leaves no kind of fault out."""

from shared.crash import CrashPoint, armed
from tests.faults.lanes import Lanes
from tests.faults.plan import BROKER, COURSES, KINDS, LINES, REACHED_BY, plan, steps


class TestAPlan:
    def test_is_the_same_for_the_same_seed(self) -> None:
        assert plan(7) == plan(7)
        assert plan(7) != plan(8)

    def test_of_one_kind_is_the_same_whatever_else_is_planned(self) -> None:
        everything = {lane.name: lane for lane in plan(7)}
        for lane in plan(7, ("wires",)):
            assert everything[lane.name] == lane

    def test_has_every_kind(self) -> None:
        assert {lane.name.partition("/")[0] for lane in plan(1)} == set(KINDS)

    def test_knows_how_to_do_every_step(self) -> None:
        assert {step.what for step in steps(plan(1))} == set(Lanes.DO)

    def test_leaves_no_crash_point_out(self) -> None:
        crashes = list(steps(plan(1, ("crashes",))))
        wished = {armed({"PORTAL_CRASH_AT": step.detail}) for step in crashes}
        assert {wish.point for wish in wished if wish} == set(CrashPoint)
        for service, points in REACHED_BY.items():
            first = [step for step in crashes if step.target == service][: len(points)]
            assert {step.detail.partition(":")[0] for step in first} == set(points)

    def test_does_everything_to_the_broker_before_anything_again(self) -> None:
        first = list(steps(plan(1, ("broker",))))[: len(BROKER)]
        assert {f"{step.what}/{step.detail}".rstrip("/") for step in first} == set(BROKER)

    def test_plays_every_course_of_the_bank(self) -> None:
        played = {step.detail for step in steps(plan(1, ("provider",)))}
        assert played == {*COURSES, *LINES}
