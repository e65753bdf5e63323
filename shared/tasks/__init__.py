"""Work after the commit: effects, timers, deadlines, retries."""

from shared.tasks.worker import Later, Leased, Tasks, Worker

__all__ = ["Later", "Leased", "Tasks", "Worker"]
