"""Schemas, and what the check says when the operators' are not on this machine."""

from pathlib import Path

import pytest

from deploy.manifests.__main__ import main
from deploy.manifests.documents import Document
from deploy.manifests.rendering import NotRendered, overlays, render
from deploy.manifests.schemas import check_schema, schema_folder
from tests.deploy.manifests.conftest import Find


@pytest.fixture
def schemas() -> Path:
    folder = schema_folder()
    if folder is None:
        pytest.skip("the operators' schemas are not here (PORTAL_CRD_SCHEMAS)")
    return folder


def faults(document: Document, folder: Path | None) -> list[str]:
    return [finding.sentence for finding in check_schema(document, folder)]


class TestSchema:
    def test_refuses_a_misspelt_field(self, find: Find) -> None:
        deployment = find("Deployment", "portal-identity")
        deployment["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
        assert "livenesProbe" in faults(deployment, None)[0]

    def test_refuses_a_kind_that_kubernetes_lacks(self, find: Find) -> None:
        deployment = find("Deployment", "portal-identity")
        deployment["kind"] = "Deploiment"
        assert "has no such kind" in faults(deployment, None)[0]

    @pytest.mark.parametrize("kind", ["Cluster", "Database", "RabbitmqCluster", "User", "TopicPermission"])
    def test_refuses_a_misspelt_field_of_an_operator(self, find: Find, schemas: Path, kind: str) -> None:
        document = find(kind, "portal")
        assert faults(document, schemas) == []
        document["spec"]["instanses"] = 3
        assert "instanses" in faults(document, schemas)[0]

    def test_refuses_a_custom_kind_without_schema(self, schemas: Path) -> None:
        unknown = {"apiVersion": "rabbitmq.com/v1beta1", "kind": "Carrot", "metadata": {"name": "x"}}
        assert faults(unknown, schemas) == ["there is no schema rabbitmq.com/carrot_v1beta1.json"]

    def test_leaves_custom_kinds_out_without_a_folder(self, find: Find) -> None:
        document = find("Cluster", "portal-database")
        document["spec"] = {"instanses": 3}
        assert faults(document, None) == []


class TestCheck:
    def test_is_green(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check"]) == 0, capsys.readouterr().out
        assert "dev: " in capsys.readouterr().out

    def test_says_what_it_did_not_look_at(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PORTAL_CRD_SCHEMAS", str(tmp_path / "nothing"))
        assert main(["check"]) == 0
        assert "custom resources were not validated" in capsys.readouterr().out

    def test_covers_every_overlay(self) -> None:
        assert "dev" in [overlay.name for overlay in overlays()]

    def test_refuses_what_does_not_render(self, tmp_path: Path) -> None:
        (tmp_path / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
        with pytest.raises(NotRendered, match=r"missing\.yaml"):
            render(tmp_path)

    def test_explains_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["chek"]) == 2
        assert "usage" in capsys.readouterr().err
