"""What tests of services are made with: real servers, fixed clocks, callers. Not for running services."""

from shared.testing.callers import CallerMint
from shared.testing.clock import FixedClock
from shared.testing.databases import Databases, fresh
from shared.testing.running import Running, running, write_secrets

__all__ = ["CallerMint", "Databases", "FixedClock", "Running", "fresh", "running", "write_secrets"]
