"""Who opened a document is shown to the citizen for two years."""

from datetime import timedelta

import asyncpg
import pytest

from shared.ids import new_id
from shared.testing import Running
from tests.housekept import housekept

pytestmark = pytest.mark.integration
ADD = "INSERT INTO document_access VALUES ($1, $2, 'clerk', 'case-file', now() - $3::interval)"


async def test_an_access_goes_after_two_years_and_not_before(documents: Running) -> None:
    pool, document = documents.runtime.pool, new_id()
    for days in (700, 800):
        await pool.execute(ADD, new_id(), document, timedelta(days=days))
    await housekept(documents.runtime)
    left = "SELECT count(*) FROM document_access WHERE document_id = $1"
    assert await pool.fetchval(left, document) == 1
    with pytest.raises(asyncpg.RaiseError, match="kept for two years"):
        await pool.execute("DELETE FROM document_access WHERE document_id = $1", document)
