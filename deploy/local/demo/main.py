"""Runs the journey against the running portal, or starts one; proves the permit; tells what happened."""

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy.local.demo.browser import PageRefused
from deploy.local.demo.journey import Addresses, Journey
from deploy.local.demo.listening import Heard, Listener, listening
from deploy.local.demo.proof import NotProved, Proof, prove
from deploy.local.demo.report import show
from deploy.local.places import state_folder
from deploy.local.portal import OURSELVES, Portal
from deploy.local.ports import HOST
from deploy.local.progress import Progress
from deploy.local.record import ProcessRecord
from deploy.local.whereabouts import Whereabouts

METHODS = ("card", "paypal", "wero", "direct_transfer", "direct_debit", "transfer")
LAST_EVENT = "applications.application_completed.v1"


@dataclass(frozen=True, slots=True)
class Told:
    """Everything the demo found out."""

    journey: Journey
    heard: list[Heard]
    proof: Proof
    saved: Path
    seconds: float


def main(arguments: Sequence[str]) -> int:
    """`demo [--method METHOD]`: card by default. Returns 0 only if the permit was issued and proved."""
    parser = argparse.ArgumentParser(prog="demo", description="A scripted citizen gets a parking permit.")
    parser.add_argument("--method", choices=METHODS, default="card", help="how the fee is paid")
    method = parser.parse_args(arguments).method
    console = Console(highlight=False)
    with _portal(console):
        try:
            told = asyncio.run(_demo(console, method))
        except (PageRefused, NotProved, TimeoutError) as error:
            console.print(f"[red]✗[/red] {error or 'it took too long'}", soft_wrap=True)
            return 1
    show(console, told.journey, told.heard, told.proof, told.saved, told.seconds)
    return 0


@contextmanager
def _portal(console: Console) -> Iterator[None]:
    """The running portal; else one that is started now and stopped afterwards."""
    state = state_folder()
    if any(entry.name == OURSELVES for entry in ProcessRecord(state / "processes.json").alive()):
        yield
        return
    portal = Portal(state, Progress(console))
    try:
        portal.start()
        yield
    finally:
        portal.stop()


async def _demo(console: Console, method: str) -> Told:
    place = Whereabouts.load(state_folder())
    url = {name: f"http://{HOST}:{port}" for name, port in place.ports.items()}
    addresses = Addresses(url["gateway"], url["mailbox"], url["girocheckout"], url["bank"])
    began = time.perf_counter()
    async with listening(place.broker_url, f"{place.name_prefix}portal.events") as listener:
        journey = await _walk(console, addresses, method)
        await listener.wait_for(LAST_EVENT, journey.case_id)
        console.print("  proving the permit", end="\r")
        authority = state_folder() / "secrets" / "documents" / "seal_ca.pem"
        proof = await prove(journey.pdf, authority, addresses.portal, journey.citizen.plate)
        heard = _of_journey(listener, journey.case_id)
    saved = state_folder() / "demo" / f"{proof.answer['number']}.pdf"
    saved.parent.mkdir(exist_ok=True)
    saved.write_bytes(journey.pdf)
    return Told(journey, heard, proof, saved, time.perf_counter() - began)


async def _walk(console: Console, addresses: Addresses, method: str) -> Journey:
    with console.status("setting out") as status:
        journey = Journey(addresses, on_step=status.update, method=method)
        await journey.run()
    return journey


def _of_journey(listener: Listener, case_id: str) -> list[Heard]:
    """The events about this case and its citizen."""
    ours = {case_id}
    for event in listener.heard:
        if event.is_about(case_id):
            ours.update(str(event.data[name]) for name in ("account_id", "claim_id") if event.data.get(name))
    return [event for event in listener.heard if event.is_about(*ours)]
