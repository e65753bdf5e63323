"""Work after the commit: effects, timers, deadlines, retries."""

from shared.tasks.housekeeping import HOUSEKEEPING, Housekeeping
from shared.tasks.worker import DONE_TASKS, Later, Leased, Tasks, Worker

__all__ = ["DONE_TASKS", "HOUSEKEEPING", "Housekeeping", "Later", "Leased", "Tasks", "Worker"]
