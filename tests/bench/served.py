"""`python -m tests.bench.served`: the office as a process of its own, so that its feed is read over HTTP."""

from shared.process import run
from tests.bench.office import OFFICE

if __name__ == "__main__":
    run(OFFICE)
