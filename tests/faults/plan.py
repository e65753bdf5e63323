"""What goes wrong, when and where: drawn from a seed, as data. The same seed gives the same plan.

A lane is what happens to one thing, one step after the other; lanes run side by side.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from shared.crash import CrashPoint as At

FLOW: Final = (
    At.BEFORE_COMMIT, At.AFTER_COMMIT, At.SEQUENCING, At.SEQUENCED, At.PUBLISHING, At.PUBLISHED,
    At.HANDLED, At.APPLIED,
)  # fmt: skip
TASKS: Final = (At.TASK_TAKEN, At.TASK_DONE)
REACHED_BY: Final[Mapping[str, tuple[At, ...]]] = {
    "identity": (At.BEFORE_COMMIT, At.AFTER_COMMIT, At.HANDLED, At.APPLIED, *TASKS, At.KEY_MADE),
    "applications": (*FLOW, *TASKS, At.KEY_MADE, At.NUMBER_GIVEN),
    "payments": (*FLOW, At.NUMBER_GIVEN, At.PARTNER_ANSWERED),
    "documents": (*FLOW, *TASKS, At.KEY_MADE, At.NUMBER_GIVEN),
}
"""The crash points that journeys lead each service past."""
COURSES: Final = (
    "late", "twice", "never", "forged", "tampered", "altered_amount", "unknown_first", "success_after_cancel",
    "fail", "cancel", "timeout",
)  # fmt: skip
LINES: Final = ("reply_lost", "unsigned", "wrong_hash", "unavailable", "refuse")
BROKER: Final = (
    "broker-stop",
    "broker-kill",
    "broker-wipe",
    "broker-short-of/memory",
    "broker-short-of/disk",
)
MISCHIEF: Final = ("again", "shuffled", "ahead", "garbage", "stranger")
IN_A_ROW: Final = 3
TIMES: Final = (1, 1, 2, 4)
KINDS: Final = ("crashes", "kills", "broker", "database", "wires", "provider", "mail", "mischief", "clocks")


@dataclass(frozen=True, slots=True)
class Step:
    """After a pause of `after` seconds `what` happens to `target`; `detail` and `seconds` say more of it."""

    after: float
    what: str
    target: str
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Lane:
    """Its steps are begun in this order until the time of the run is up."""

    name: str
    steps: tuple[Step, ...]


def plan(seed: int, kinds: tuple[str, ...] = KINDS, length: int = 200) -> list[Lane]:
    """The lanes of these kinds, `length` steps each: more than any run has time for."""
    lanes = []
    for kind in kinds:
        for name, draw in _LANES[kind]().items():
            chance = random.Random(f"{seed}/{kind}/{name}")
            lanes.append(Lane(f"{kind}/{name}", tuple(draw(chance, n) for n in range(length))))
    return lanes


Draw = Callable[[random.Random, int], Step]


def _crashes() -> dict[str, Draw]:
    """Two lanes, so that two services at most lie down by it and journeys go on."""
    return {"front": _crasher("applications", "identity"), "back": _crasher("documents", "payments")}


def _crasher(*services: str) -> Draw:
    """Three crashes of one service, then three of the other; each point once before any comes again."""
    left: dict[str, list[At]] = {service: [] for service in services}

    def draw(chance: random.Random, n: int) -> Step:
        service = services[n // IN_A_ROW % len(services)]
        if not left[service]:
            left[service] = chance.sample(REACHED_BY[service], len(REACHED_BY[service]))
        point = left[service].pop()
        return Step(_pause(chance, 0, 1), "crash", service, f"{point}:{chance.choice(TIMES)}")

    return draw


def _kills() -> dict[str, Draw]:
    def kill(chance: random.Random, _n: int) -> Step:
        target = chance.choice(("gateway", "identity", "applications", "payments", "documents"))
        return Step(_pause(chance, 5, 12), "kill", target)

    return {"any": kill}


def _broker() -> dict[str, Draw]:
    """Each way once before any comes again. An alarm may outlast a publisher's patience of 10 s."""
    left: list[str] = []

    def trouble(chance: random.Random, _n: int) -> Step:
        if not left:
            left.extend(chance.sample(BROKER, len(BROKER)))
        what, _, detail = left.pop().partition("/")
        seconds = chance.uniform(0.5, 15.0 if detail else 5.0)
        return Step(_pause(chance, 8, 20), what, "rabbitmq", detail, round(seconds, 2))

    return {"node": trouble}


def _database() -> dict[str, Draw]:
    def end(chance: random.Random, n: int) -> Step:
        what = ("restart-immediate", "restart-fast")[n % 2]
        return Step(_pause(chance, 15, 35), what, "postgres", seconds=round(chance.uniform(0.0, 2.0), 2))

    return {"server": end}


def _wires() -> dict[str, Draw]:
    def trouble(chance: random.Random, _n: int) -> Step:
        service = chance.choice(tuple(REACHED_BY))
        what = chance.choice(("cut", "silence", "slow"))
        end = chance.choice(("database", "broker"))
        return Step(_pause(chance, 4, 12), what, f"{service}-{end}", seconds=round(chance.uniform(0.2, 8), 2))

    return {"any": trouble}


def _provider() -> dict[str, Draw]:
    def misbehave(chance: random.Random, _n: int) -> Step:
        if chance.random() < 0.7:
            return Step(_pause(chance, 1, 4), "course", "girocheckout", chance.choice(COURSES))
        return Step(_pause(chance, 1, 4), "line", "girocheckout", chance.choice(LINES))

    return {"bank": misbehave}


def _mail() -> dict[str, Draw]:
    def misbehave(chance: random.Random, n: int) -> Step:
        return Step(_pause(chance, 5, 15), "mail", "mailbox", ("hang", "refuse")[n % 2])

    return {"server": misbehave}


def _mischief() -> dict[str, Draw]:
    def publish(chance: random.Random, _n: int) -> Step:
        service = chance.choice(("applications", "payments", "documents"))
        return Step(_pause(chance, 1, 4), "publish", service, chance.choice(MISCHIEF))

    return {"publisher": publish}


def _clocks() -> dict[str, Draw]:
    """Wrong by less than the leeway of a caller token: an operator's NTP keeps to that."""

    def skew(chance: random.Random, _n: int) -> Step:
        wrong = chance.choice((-1, 1)) * chance.uniform(1.0, 4.0)
        service, seconds = chance.choice(tuple(REACHED_BY)), chance.uniform(3, 12)
        return Step(_pause(chance, 10, 25), "skew", service, f"{wrong:.2f}", round(seconds, 2))

    return {"any": skew}


def _pause(chance: random.Random, low: float, high: float) -> float:
    return round(chance.uniform(low, high), 2)


_LANES: Final[Mapping[str, Callable[[], dict[str, Draw]]]] = {
    "crashes": _crashes,
    "kills": _kills,
    "broker": _broker,
    "database": _database,
    "wires": _wires,
    "provider": _provider,
    "mail": _mail,
    "mischief": _mischief,
    "clocks": _clocks,
}


def steps(lanes: list[Lane]) -> Iterator[Step]:
    """All steps of all lanes."""
    return (step for lane in lanes for step in lane.steps)
