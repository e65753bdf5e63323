"""`python -m deploy.local <command>`: what the Makefile calls."""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from deploy.local.places import CannotStart, state_folder
from deploy.local.portal import Portal, end_all, forget
from deploy.local.ports import is_free, ports
from deploy.local.progress import Progress
from deploy.local.record import ProcessRecord
from deploy.local.services import SERVICES
from deploy.local.testservers import sweep
from deploy.local.welcome import show_welcome
from deploy.local.whereabouts import Whereabouts


def run(arguments: Sequence[str]) -> int:
    """Start everything, stay until Ctrl-C, SIGTERM or the death of a process, stop everything."""
    progress = Progress()
    portal = Portal(state_folder(), progress)
    began = time.monotonic()
    _on_signals(_interrupt_once)
    try:
        stack = portal.start()
        show_welcome(progress.console, stack, portal.secrets.demo_accounts(), time.monotonic() - began)
        while (dead := portal.died()) is None:
            time.sleep(0.2)
        tail = f"its log {dead.log} ends:\n{dead.last_lines()}"
        raise CannotStart(f"{dead.process.name} ended by itself, so everything was stopped; {tail}")
    except KeyboardInterrupt:
        return 0
    finally:
        portal.stop()


def stop(arguments: Sequence[str]) -> int:
    ended = end_all(ProcessRecord(state_folder() / "processes.json"))
    print(f"Stopped: {', '.join(ended)}." if ended else "Nothing was running.")
    return 0


def clean(arguments: Sequence[str]) -> int:
    """Stop; remove the state folder with all data, and what runs and tests have on a server not ours."""
    state = state_folder()
    stop(arguments)
    sweep(state / "test")
    forget(state)
    shutil.rmtree(state)
    return 0


def status(arguments: Sequence[str]) -> int:
    """One line a process; exit code 1 if the portal does not run."""
    alive = {entry.name: entry for entry in ProcessRecord(state_folder() / "processes.json").alive()}
    chosen = ports()
    for service in SERVICES:
        entry, port = alive.get(service.name), chosen[service.name]
        listens = "" if is_free(port) else f"http://127.0.0.1:{port}"
        print(f"{service.name:14} {'process ' + str(entry.pid) if entry else 'not running':16} {listens}")
    if "portal" in alive:
        place = Whereabouts.load(state_folder())
        print(f"{'events':14} {place.broker_url} {place.name_prefix}portal.events")
    return 0 if "portal" in alive else 1


def demo(arguments: Sequence[str]) -> int:
    from deploy.local import demo as scripted

    return scripted.main(arguments)


def measure(arguments: Sequence[str]) -> int:
    from deploy.local import measure as figures

    return figures.main(arguments)


def test(arguments: Sequence[str]) -> int:
    from deploy.local.testrun import run_tests

    return run_tests(arguments)


def check(arguments: Sequence[str]) -> int:
    from deploy.local.checks import run_checks

    return run_checks()


def lock(arguments: Sequence[str]) -> int:
    from deploy.local.lock import lock as renew

    return renew(arguments)


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    command.__name__: command for command in (run, stop, clean, status, demo, measure, test, check, lock)
}


def _interrupt_once(number: int, frame: object) -> NoReturn:
    """Further signals are passed over: the stop they would tear apart is bounded in time anyway."""
    _on_signals(lambda number, frame: None)
    raise KeyboardInterrupt


def _on_signals(handler: Callable[[int, object], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def main(arguments: Sequence[str]) -> int:
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None:
        print(f"usage: python -m deploy.local {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return command(arguments[1:])
    except CannotStart as sentence:
        print(sentence, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
