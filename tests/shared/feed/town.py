"""Writing processes, each with callers, a sequencer and, where a broker is given, a relay of its own."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from typing import Final
from uuid import UUID

from shared.ids import new_id
from tests.shared.feed.counting import WRITTEN, Writers
from tests.shared.log.conftest import Log

STREAMS: Final = 40


class Town:
    """What writes to one log, and what it was told is written."""

    def __init__(self, log: Log, *broker: str) -> None:
        """`broker`: the URL and the prefix of names with which each process numbers and publishes too."""
        self.log = log
        self.broker = broker
        self.streams = [new_id() for _ in range(STREAMS)]
        self.acknowledged: set[UUID] = set()
        self.processes: list[Process] = []

    async def begin(self) -> None:
        writers = Writers(self.log.pool, self.log.queue)
        for stream in self.streams:
            await writers.begin(stream)

    async def process(self) -> Process:
        streams = ",".join(map(str, self.streams))
        command = ("-m", "tests.shared.feed.counting", self.log.databases.log, streams, *self.broker)
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE)
        self.processes.append(process)
        return process

    async def end(self) -> None:
        """No process goes on, however the test went."""
        for process in self.processes:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def listen(self, process: Process, enough: int) -> None:
        """Until the process was told so often that an event is written."""
        assert process.stdout is not None
        while enough:
            line = await process.stdout.readline()
            assert line, "the process has ended by itself"
            enough -= self.take(line.decode())

    def take(self, line: str) -> bool:
        """Whether it tells of an event; else it is of the process's own log, or cut off by a kill."""
        word, _, event_id = line.strip().partition(" ")
        if word != WRITTEN or len(event_id) != 36:
            return False
        self.acknowledged.add(UUID(event_id))
        return True

    async def hear_out(self, process: Process) -> None:
        """The rest of what it said before its end."""
        assert process.stdout is not None
        for line in (await process.stdout.read()).decode().splitlines():
            self.take(line)
        await process.wait()
