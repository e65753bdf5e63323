"""Shows each step with its seconds: a spinner on a terminal, plain lines anywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


class Progress:
    """Step display on one console."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Run one step; the yielded function says what it is at, and its last word stays on the line."""
        began = time.monotonic()
        said = ""

        def say(text: str) -> None:
            nonlocal said
            said = text
            spinner.update(f"{title} [dim]{text}[/dim]")

        with self.console.status(title) as spinner:
            try:
                yield say
            except BaseException:
                self._line("[red]✗[/red]", title, said, began)
                raise
        self._line("[green]✓[/green]", title, said, began)

    def _line(self, mark: str, title: str, said: str, began: float) -> None:
        seconds = f"{time.monotonic() - began:5.1f} s"
        self.console.print(
            f"{mark} {seconds}  {title}" + (f" [dim]{said}[/dim]" if said else ""), soft_wrap=True
        )
