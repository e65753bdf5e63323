from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.databases import ServiceDatabases
from deploy.local.migrated import MigrationStamps

PAYMENTS = ServiceDatabases(
    app="postgresql://app:pw@127.0.0.1:8132/portal_payments",
    app_keys="postgresql://app:pw@127.0.0.1:8132/portal_payments_keys",
    owner="postgresql://owner:pw@127.0.0.1:8132/portal_payments",
    owner_keys="postgresql://owner:pw@127.0.0.1:8132/portal_payments_keys",
)


class TestAMigration:
    @pytest.fixture
    def stamps(self, tmp_path: Path) -> MigrationStamps:
        noted = MigrationStamps(tmp_path / "migrated.json")
        noted.note({"payments": PAYMENTS}, ["payments"])
        return noted

    def test_is_due_the_first_time(self, tmp_path: Path) -> None:
        assert MigrationStamps(tmp_path / "none.json").outdated({"payments": PAYMENTS}) == ["payments"]

    def test_is_not_repeated(self, stamps: MigrationStamps) -> None:
        assert stamps.outdated({"payments": PAYMENTS}) == []

    def test_is_due_in_a_new_database_of_the_same_name(self, stamps: MigrationStamps) -> None:
        assert stamps.outdated({"payments": replace(PAYMENTS, are_new=True)}) == ["payments"]

    def test_is_due_on_another_server(self, stamps: MigrationStamps) -> None:
        elsewhere = replace(PAYMENTS, app=PAYMENTS.app.replace("8132", "5432"))
        assert stamps.outdated({"payments": elsewhere}) == ["payments"]

    def test_is_due_after_a_new_file(
        self, tmp_path: Path, stamps: MigrationStamps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("deploy.local.migrated.ROOT", tmp_path)
        stamps.note({"payments": PAYMENTS}, ["payments"])
        folder = tmp_path / "services" / "payments" / "migrations"
        folder.mkdir(parents=True)
        (folder / "0002_more.sql").write_text("SELECT 1")
        assert stamps.outdated({"payments": PAYMENTS, "identity": PAYMENTS}) == ["payments", "identity"]
