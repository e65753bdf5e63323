"""A permit from its case to the sealed PDF, beside what Typst alone takes for the same page."""

import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local import fonts
from deploy.local.places import state_folder
from services.documents.composing import Composed, Composer
from services.documents.consumed import Application
from services.documents.domain.document import PERMIT
from services.documents.rendering import Renderer, load_branding
from services.documents.rendering.render import STANDARDS
from services.documents.sealing import LocalKeySeal
from services.documents.sealing.local_authority import make_seal_files
from services.documents.threads import WorkerThreads
from services.documents.tokens import SigningKey
from services.documents.wording import load_wording
from shared.ids import new_id
from shared.testing import CallerMint
from tests.bench.measuring import Bench, Notes, Row, Side, Size
from tests.bench.rig import Rig
from tests.services.documents.neighbours import Neighbours

TODAY: Final = date(2026, 11, 22)


@dataclass(slots=True)
class Workshop:
    """Everything a permit is made with. Each one has a number of its own, so nothing is made from memory."""

    composer: Composer
    renderer: Renderer
    seal: LocalKeySeal
    case: Application
    made: int = 0

    def compose(self) -> Composed:
        self.made += 1
        return self.composer.permit(self.case, f"BPA-26-{self.made:06}", TODAY)

    def _typeset(self, inputs: Mapping[str, str]) -> bytes:
        """Typst alone, with the inputs it is given for a permit."""
        made: bytes = self.renderer._compiler(PERMIT).compile(
            format="pdf", pdf_standards=STANDARDS, sys_inputs=inputs,
            timestamp=datetime.combine(TODAY, datetime.min.time(), UTC),
        )  # fmt: skip
        return made

    def compiling(self, count: int) -> float:
        """Median milliseconds of the compiler, its inputs made before."""
        inputs = [self.renderer._inputs(PERMIT, self.compose().data) for _ in range(count)]
        return median(_milliseconds(partial(self._typeset, one)) for one in inputs)

    def permits(self, count: int) -> float:
        """Median milliseconds of token, code, page and seal."""
        return median(_milliseconds(self._permit) for _ in range(count))

    def _permit(self) -> None:
        self.seal.seal_blocking(self.renderer.render(PERMIT, self.compose().data))

    def steps(self, count: int) -> dict[str, float]:
        """Median milliseconds of each step."""
        composed = [self.compose() for _ in range(count)]
        pages = [self.renderer.render(PERMIT, one.data) for one in composed]
        unseen = [self.renderer._inputs(PERMIT, self.compose().data) for _ in range(count)]
        inputs = partial(self.renderer._inputs, PERMIT)
        timed: dict[str, list[Callable[[], Any]]] = {
            "compose: token signed, data checked": [self.compose] * count,
            "inputs: QR code, machine-readable attachment": [partial(inputs, one.data) for one in composed],
            "Typst: compile to PDF/A-3a": [partial(self._typeset, one) for one in unseen],
            "seal: PAdES by pyHanko": [partial(self.seal.seal_blocking, page) for page in pages],
        }
        return {step: median(map(_milliseconds, works)) for step, works in timed.items()}


def _milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _workshop(folder: Path, threads: WorkerThreads) -> Workshop:
    files = make_seal_files("Stadt Lindenau", datetime.now(UTC))
    paths = [folder / name for name in ("seal_key.pem", "seal_certificate.pem", "seal_ca.pem")]
    for path, content in zip(paths, (files.key, files.certificate, files.authority), strict=True):
        path.write_bytes(content)
    branding, neighbours, case_id = load_branding(), Neighbours(CallerMint()), new_id()
    neighbours.approved(case_id, new_id())
    key = SigningKey(Ed25519PrivateKey.generate())
    zone, address = ZoneInfo("Europe/Berlin"), "https://portal.lindenau.example"
    return Workshop(
        Composer(branding, load_wording(), zone, key, address),
        Renderer(branding, fonts.install(state_folder() / "fonts")),
        LocalKeySeal(*paths, place=branding.city, threads=threads),
        Application.model_validate(neighbours.cases[str(case_id)]),
    )


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    threads = WorkerThreads("bench-press", 1)  # pyHanko must not run where an event loop does
    count = max(2, size.pages // 15)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        workshop = _workshop(Path(folder), threads)
        yield {
            "typst": lambda: threads.run(workshop.compiling, count),
            "permit": lambda: threads.run(workshop.permits, count),
        }
        notes.profiles["permit, milliseconds"] = await threads.run(workshop.steps, count)
    threads.close()


ROWS: Final = (
    Row("permit", "permit PDF: token, QR, render, seal", "ms", "permit", "typst", "Typst compile alone", 7.0,
        less=True),
)  # fmt: skip
BENCHES: Final = (Bench("documents", "documents", ROWS, _prepare),)
