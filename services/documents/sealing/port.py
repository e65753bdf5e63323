"""The seal port: what the documents service asks of whatever holds the city's sealing key."""

from typing import Protocol


class SealingFailed(Exception):
    """The document was not sealed. Trying again later is safe: nothing was issued."""


class Seal(Protocol):
    """Puts the city's electronic seal under a finished PDF.

    Called by the task that issues a document, after rendering and before storing, once per document; the
    sealed bytes are stored and hashed, and only then does `DocumentIssued` enter the log. It is the last
    change to the file: whatever is written after it breaks the seal. An adapter may reach over the network
    to a hardware module or a remote service, so it must never be called while a unit of work is open. It
    must not store the document, nor log any of it.

    A repetition gives other bytes (the time is inside), so a repeated task looks for the stored document
    first.
    """

    async def seal(self, pdf: bytes) -> bytes:
        """`pdf` with an invisible signature field "Siegel" covering the whole file. Raises SealingFailed."""
        ...
