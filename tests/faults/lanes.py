"""Carries a plan out: each lane's steps one after the other, lanes side by side, until the time is up."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar, Final

from deploy.local.debian import PackagesMissing
from shared.crash import VARIABLE
from tests.faults.clocks import wrong_by
from tests.faults.ground import Ground
from tests.faults.mischief import publish
from tests.faults.plan import Lane, Step

REACHED_WITHIN: Final = 20.0
MAILS: Final = 2
NO_STEP: Final = Step(0, "", "")


@dataclass(slots=True)
class Done:
    """What was in fact done: counted by kind, and in order with the second of the run."""

    counts: Counter[str] = field(default_factory=Counter)
    order: list[tuple[float, str]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def note(self, kind: str, words: str) -> None:
        self.counts[kind] += 1
        self.order.append((round(time.monotonic() - self.began, 2), words))


@dataclass(slots=True)
class Lanes:
    """Runs lanes over a ground. No step begins after `until` (monotonic seconds); `pace` stretches pauses."""

    ground: Ground
    until: float
    done: Done = field(default_factory=Done)
    most: int | None = None
    pace: float = 1.0

    async def run(self, lanes: Sequence[Lane]) -> None:
        """Returns when the time is up and what was begun has ended; then all is up again."""
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(self._run(lane), name=lane.name)
        await self.ground.all_up()
        await self._forgive_bank()
        await self._mailbox("ok")

    async def _run(self, lane: Lane) -> None:
        for step, follows in pairwise((*lane.steps[: self.most], NO_STEP)):
            pause = step.after * self.pace
            if time.monotonic() + pause >= self.until:
                return
            await asyncio.sleep(pause)
            await self.DO[step.what](self, step)
            if step.what == "crash" and follows.target != step.target:
                async with self.ground.lock(step.target):
                    await self.ground.start(step.target)

    async def _crash(self, step: Step) -> None:
        """Started to die there, and awaited until it does; one that does not get there is killed.

        The next step starts it again, or the end of the lane's steps with it.
        """
        async with self.ground.lock(step.target):
            self.ground.kill(step.target)
            lived = await self.ground.start(step.target, {VARIABLE: step.detail})
            patience = min(REACHED_WITHIN, max(self.until - time.monotonic(), 2.0))
            reached = await self.ground.dies(step.target, patience if lived else 0.1)
            point = step.detail.partition(":")[0]
            if reached:
                self.done.note(f"crash at {point}", f"{step.target} died at {step.detail}")
            else:
                self.ground.kill(step.target)
                self.done.note("kill", f"{step.target} killed, not having reached {step.detail}")

    async def _skew(self, step: Step) -> None:
        """Its clock is wrong for a while. Nothing is done where the library for it cannot be had."""
        try:
            told = await asyncio.to_thread(wrong_by, float(step.detail))
        except PackagesMissing:
            return
        async with self.ground.lock(step.target):
            self.ground.kill(step.target)
            if await self.ground.start(step.target, told):
                self.done.note("clock wrong", f"{step.target}'s clock wrong by {step.detail} s")
                await asyncio.sleep(step.seconds)
            self.ground.kill(step.target)
            await self.ground.start(step.target)

    async def _kill(self, step: Step) -> None:
        if not self.ground.kill(step.target):
            return  # down just now: another lane has it
        self.done.note("kill", f"{step.target} killed")
        async with self.ground.lock(step.target):
            if not self.ground.runs(step.target):
                await self.ground.start(step.target)

    async def _stop_broker(self, step: Step) -> None:
        self.done.note("broker stopped", "broker stopped")
        await self.ground.servers.rabbitmq.end_and_start(signal.SIGTERM, step.seconds)

    async def _kill_broker(self, step: Step) -> None:
        self.done.note("broker killed", "broker killed")
        await self.ground.servers.rabbitmq.end_and_start(signal.SIGKILL, step.seconds)

    async def _wipe_broker(self, step: Step) -> None:
        self.done.note("broker wiped", "broker killed, all it had is gone")
        await self.ground.servers.rabbitmq.wipe_and_start(step.seconds)

    async def _starve_broker(self, step: Step) -> None:
        words = f"broker short of {step.detail}"
        self.done.note(words, f"{words} for {step.seconds} s")
        async with self.ground.servers.rabbitmq.short_of(step.detail):
            await asyncio.sleep(step.seconds)

    async def _restart_fast(self, step: Step) -> None:
        self.done.note("database restarted fast", "database shut down fast")
        await self.ground.servers.postgres.end_and_start(signal.SIGINT, step.seconds)

    async def _restart_immediate(self, step: Step) -> None:
        self.done.note("database restarted immediate", "database shut down at once")
        await self.ground.servers.postgres.end_and_start(signal.SIGQUIT, step.seconds)

    async def _cut(self, step: Step) -> None:
        self.done.note("connections cut", f"{step.target} cut for {step.seconds} s")
        await self.ground.wires[step.target].cut(min(step.seconds, 3))

    async def _silence(self, step: Step) -> None:
        self.done.note("black hole", f"{step.target} silent for {step.seconds} s")
        await self.ground.wires[step.target].silence(step.seconds)

    async def _slow(self, step: Step) -> None:
        self.done.note("connections slow", f"{step.target} slow for {step.seconds} s")
        await self.ground.wires[step.target].slow_down(step.seconds)

    async def _bank(self, step: Step) -> None:
        """For the next transaction, or the next call of its start or status."""
        told = {"fault": step.detail, "seconds": 3, "answers": 2, "call": "start"}
        if step.what == "line" and step.detail != "reply_lost":
            told["call"] = ("start", "status")[len(self.done.order) % 2]
        answer = await self.ground.stage.outside.post(
            f"{self.ground.stage.addresses.bank}/sandbox/faults", json=told
        )
        answer.raise_for_status()
        self.done.note(f"bank: {step.detail}", f"bank will be {step.detail}")

    async def _forgive_bank(self) -> None:
        """What the bank was told and had no occasion to do was no fault."""
        url = f"{self.ground.stage.addresses.bank}/sandbox/faults"
        left = (await self.ground.stage.outside.get(url)).raise_for_status().json()["faults"]
        self.done.counts -= Counter(f"bank: {one['fault']}" for one in left)
        await self.ground.stage.outside.delete(url)

    async def _mail(self, step: Step) -> None:
        self.done.note(f"mail server: {step.detail}", f"mail server will {step.detail}")
        await self._mailbox(step.detail, MAILS)

    async def _mailbox(self, mode: str, count: int | None = None) -> None:
        url = f"{self.ground.stage.addresses.mailbox}/faults"
        (await self.ground.stage.outside.post(url, json={"mode": mode, "count": count})).raise_for_status()

    async def _publish(self, step: Step) -> None:
        if await publish(self.ground.stage, step.target, step.detail):
            self.done.note(f"messages: {step.detail}", f"{step.target}'s messages {step.detail}")

    DO: ClassVar[Mapping[str, "Callable[[Lanes, Step], Awaitable[None]]"]] = {
        "crash": _crash,
        "kill": _kill,
        "skew": _skew,
        "broker-stop": _stop_broker,
        "broker-kill": _kill_broker,
        "broker-wipe": _wipe_broker,
        "broker-short-of": _starve_broker,
        "restart-fast": _restart_fast,
        "restart-immediate": _restart_immediate,
        "cut": _cut,
        "silence": _silence,
        "slow": _slow,
        "course": _bank,
        "line": _bank,
        "mail": _mail,
        "publish": _publish,
    }
