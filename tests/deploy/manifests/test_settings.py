"""What the manifests tell a process is what its settings know: a misspelt variable goes unnoticed."""

import pytest

from deploy.manifests.documents import Document
from tests.deploy.manifests.conftest import Find
from tests.deploy.test_compose import PROCESSES, settings_class

FROM_IMAGE = {"PORTAL_FONTS_DIR"}


def told(find: Find, process: str) -> set[str]:
    container: Document = find("Deployment", f"portal-{process}")["spec"]["template"]["spec"]["containers"][0]
    names = {variable["name"] for variable in container["env"]}
    names |= set(find("ConfigMap", f"portal-settings-{process}")["data"])
    return {name for name in names if name.startswith("PORTAL_")}


class TestSettings:
    @pytest.mark.parametrize("process", PROCESSES)
    def test_are_all_understood(self, find: Find, process: str) -> None:
        known = {f"PORTAL_{name.upper()}" for name in settings_class(process).model_fields}
        assert told(find, process) <= known

    @pytest.mark.parametrize("process", PROCESSES)
    def test_are_complete(self, find: Find, process: str) -> None:
        fields = settings_class(process).model_fields.items()
        needed = {f"PORTAL_{name.upper()}" for name, field in fields if field.is_required()}
        assert needed <= told(find, process) | FROM_IMAGE
