"""Each policy on pods turns red when one line of a sound manifest is changed."""

from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from deploy.manifests.checking import policies
from deploy.manifests.documents import Document
from tests.deploy.manifests.conftest import Find

Change = Callable[[Any], object]


def without(path: str) -> Change:
    """Removes one field, at a path such as `securityContext.runAsUser`."""

    def change(spec: MutableMapping[str, Any]) -> None:
        *folders, last = path.split(".")
        for key in folders:
            spec = spec[key]
        del spec[last]

    return change


def put(path: str, value: Any) -> Change:
    """Sets one field."""

    def change(spec: MutableMapping[str, Any]) -> None:
        *folders, last = path.split(".")
        for key in folders:
            spec = spec.setdefault(key, {})
        spec[last] = value

    return change


ON_POD: list[tuple[str, Change, str]] = [
    ("restricted-pod", without("securityContext.runAsUser"), "numeric runAsUser"),
    ("restricted-pod", put("securityContext.runAsUser", 0), "numeric runAsUser"),
    ("restricted-pod", without("securityContext.runAsNonRoot"), "runAsNonRoot"),
    ("restricted-pod", without("securityContext.seccompProfile"), "seccomp"),
    ("restricted-pod", put("hostNetwork", True), "hostNetwork"),
    ("restricted-pod", put("volumes", [{"name": "node", "hostPath": {"path": "/"}}]), "mounts node"),
    ("scratch", put("volumes", [{"name": "scratch", "emptyDir": {}}]), "no sizeLimit"),
    ("draining", put("terminationGracePeriodSeconds", 10), "10 s of grace are too few"),
    ("account", put("serviceAccountName", "default"), "default service account"),
    ("account", without("serviceAccountName"), "default service account"),
    ("account", without("automountServiceAccountToken"), "mounts a service account token"),
    ("account", without("enableServiceLinks"), "enableServiceLinks"),
    ("accounts", put("serviceAccountName", "portal-ghost"), "portal-ghost is not there"),
    ("spread", without("topologySpreadConstraints"), "not spread"),
]
ON_CONTAINER: list[tuple[str, Change, str]] = [
    ("restricted-container", without("securityContext.allowPrivilegeEscalation"), "allowPrivilegeEscalation"),
    ("restricted-container", put("securityContext.readOnlyRootFilesystem", False), "readOnlyRootFilesystem"),
    ("restricted-container", put("securityContext.capabilities.add", ["NET_RAW"]), "adds one"),
    ("restricted-container", without("securityContext.capabilities"), "does not drop ALL"),
    ("restricted-container", put("securityContext.privileged", True), "takes back"),
    ("restricted-container", put("securityContext.runAsUser", 0), "takes back"),
    ("scratch", put("volumeMounts", []), "no scratch at /tmp"),
    ("probes", without("startupProbe"), "has no startupProbe"),
    ("probes", without("livenessProbe"), "has no livenessProbe"),
    ("probes", without("readinessProbe"), "has no readinessProbe"),
    ("probes", put("livenessProbe.httpGet.path", "/health/ready"), "livenessProbe asks /health/ready"),
    ("probes", put("livenessProbe", {"exec": {"command": ["portal"]}}), "no livenessProbe over HTTP"),
    ("probes", put("readinessProbe.httpGet.path", "/health/live"), "readinessProbe asks /health/live"),
    ("draining", without("lifecycle"), "no preStop sleep"),
    ("resources", without("resources.requests.cpu"), "request CPU and memory"),
    ("resources", without("resources.requests.memory"), "request CPU and memory"),
    ("resources", without("resources.limits.memory"), "no limit on memory"),
    ("resources", put("resources.limits.cpu", "1"), "limit on CPU"),
    ("image", put("image", "portal/identity:latest"), "not of one release"),
    ("image", put("image", "portal/identity"), "not of one release"),
    ("image", put("image", "registry.example:5000/portal/identity"), "not of one release"),
    ("image", put("image", "portal/identity@sha256:abc"), "not of one release"),
]


def broken(documents: list[Document], where: str, rule: str) -> list[str]:
    return [f.sentence for f in policies(documents) if f.where == where and f.rule == rule]


class TestPolicyOnPods:
    @pytest.mark.parametrize(("rule", "change", "sentence"), ON_POD)
    def test_refuses_a_broken_pod(
        self, documents: list[Document], find: Find, rule: str, change: Change, sentence: str
    ) -> None:
        change(find("Deployment", "portal-identity")["spec"]["template"]["spec"])
        assert any(sentence in said for said in broken(documents, "Deployment/portal-identity", rule))

    @pytest.mark.parametrize(("rule", "change", "sentence"), ON_CONTAINER)
    def test_refuses_a_broken_container(
        self, documents: list[Document], find: Find, rule: str, change: Change, sentence: str
    ) -> None:
        change(find("Deployment", "portal-identity")["spec"]["template"]["spec"]["containers"][0])
        assert any(sentence in said for said in broken(documents, "Deployment/portal-identity", rule))

    def test_looks_into_jobs_too(self, documents: list[Document], find: Find) -> None:
        job = find("Job", "portal-migrate-payments")
        del job["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert len(broken(documents, "Job/portal-migrate-payments", "resources")) == 2

    def test_takes_an_image_by_digest(self, documents: list[Document], find: Find) -> None:
        container = find("Deployment", "portal-identity")["spec"]["template"]["spec"]["containers"][0]
        container["image"] = "registry.example:5000/portal/identity@sha256:" + "0" * 64
        assert broken(documents, "Deployment/portal-identity", "image") == []
