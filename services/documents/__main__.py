"""`python -m services.documents`."""

from services.documents.wiring import SERVICE
from shared.process import run

run(SERVICE)
