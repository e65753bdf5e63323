"""Policies on pods: hardened, probed, drained, bounded. Each generates sentences about one workload."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from deploy.manifests.documents import Document, Workload

Policy = Callable[[Workload], Iterator[str]]
PROBES = {
    "startupProbe": "/health/started",
    "livenessProbe": "/health/live",
    "readinessProbe": "/health/ready",
}
FOREIGN_PARTY = "/sandbox/health"  # a sandbox has one probe for all, and no database behind it
VOLUMES = {"configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "downwardAPI"}
_TAGGED = re.compile(r"^[^@]+(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$")


def restricted_pod(workload: Workload) -> Iterator[str]:
    """Pod Security Standards, restricted, read strictly: a numeric user, not only a promise of one."""
    context = workload.spec.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "runs without runAsNonRoot and a numeric runAsUser other than 0"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile RuntimeDefault"
    for shared in ("hostNetwork", "hostPID", "hostIPC"):
        if workload.spec.get(shared):
            yield f"shares the node's namespace: {shared}"
    for volume in workload.spec.get("volumes", []):
        if not VOLUMES & volume.keys():
            yield f"mounts {volume['name']} from where a restricted pod may not"


def restricted_containers(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        context = container.get("securityContext", {})
        wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
        for key, value in wanted.items():
            if context.get(key) is not value:
                yield f"{container['name']}: {key} is not {str(value).lower()}"
        if context.get("privileged") or context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
            yield f"{container['name']}: takes back what the pod promises"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield f"{container['name']}: does not drop ALL capabilities, or adds one"


def scratch(workload: Workload) -> Iterator[str]:
    """Scratch is there beside the read-only root, and does not grow without a bound."""
    volumes = {volume["name"]: volume for volume in workload.spec.get("volumes", [])}
    for name, volume in volumes.items():
        if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
            yield f"the scratch volume {name} has no sizeLimit"
    for container in workload.containers:
        mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
        if "emptyDir" not in volumes.get(mounts.get("/tmp", ""), {}):  # noqa: S108
            yield f"{container['name']}: has no scratch at /tmp beside its read-only root"


def probes(workload: Workload) -> Iterator[str]:
    """Three probes, each asking its own question; liveness asks neither database nor broker."""
    if not workload.runs_on:
        return
    for container in workload.spec["containers"]:
        for kind, path in PROBES.items():
            asked = container.get(kind, {}).get("httpGet", {}).get("path")
            if asked is None:
                yield f"{container['name']}: has no {kind} over HTTP"
            elif not _answers(kind, asked, path):
                yield f"{container['name']}: its {kind} asks {asked}, not {path}"


def _answers(kind: str, asked: str, path: str) -> bool:
    alone = kind == "startupProbe" and asked == PROBES["livenessProbe"]  # a party without migrations
    return asked in {path, FOREIGN_PARTY} or alone


def draining(workload: Workload) -> Iterator[str]:
    """A pod leaves its Services before it stops, and has the time to stop in order."""
    if not workload.runs_on:
        return
    grace = workload.spec.get("terminationGracePeriodSeconds", 30)
    for container in workload.spec["containers"]:
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if not pause:
            yield f"{container['name']}: has no preStop sleep"
        if grace < pause + 15:
            yield f"{container['name']}: {grace} s of grace are too few after a pause of {pause} s"


def resources(workload: Workload) -> Iterator[str]:
    """Requests for CPU and memory, a limit on memory only: a limit on CPU slows what is healthy."""
    for container in workload.containers:
        wanted = container.get("resources", {})
        if not {"cpu", "memory"} <= wanted.get("requests", {}).keys():
            yield f"{container['name']}: does not request CPU and memory"
        if "memory" not in wanted.get("limits", {}):
            yield f"{container['name']}: has no limit on memory"
        if "cpu" in wanted.get("limits", {}):
            yield f"{container['name']}: has a limit on CPU"


def image(workload: Workload) -> Iterator[str]:
    for container in workload.containers:
        if not _TAGGED.match(container["image"]) or container["image"].endswith(":latest"):
            yield f"{container['name']}: the image {container['image']} is not of one release"


def account(workload: Workload) -> Iterator[str]:
    """An account of its own, without a token; no variables made of Services, which would read as settings."""
    if workload.spec.get("serviceAccountName", "default") == "default":
        yield "runs as the default service account"
    if workload.spec.get("automountServiceAccountToken") is not False:
        yield "mounts a service account token"
    if workload.spec.get("enableServiceLinks") is not False:
        yield "takes PORTAL_ variables from Services: enableServiceLinks is not false"


def spread(workload: Workload) -> Iterator[str]:
    if workload.labels.get("app.kubernetes.io/component") != "process":
        return
    constraints = workload.spec.get("topologySpreadConstraints", [])
    if not any(_is_of(constraint, workload) for constraint in constraints):
        yield "is not spread over nodes"


def _is_of(constraint: Document, workload: Workload) -> bool:
    labels: dict[str, Any] = constraint.get("labelSelector", {}).get("matchLabels", {})
    name = "app.kubernetes.io/name"
    return constraint.get("topologyKey") == "kubernetes.io/hostname" and (
        labels.get(name) == workload.labels.get(name)
    )


POLICIES: dict[str, Policy] = {
    "restricted-pod": restricted_pod,
    "restricted-container": restricted_containers,
    "scratch": scratch,
    "probes": probes,
    "draining": draining,
    "resources": resources,
    "image": image,
    "account": account,
    "spread": spread,
}
