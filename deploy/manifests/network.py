"""Network policies as a graph: denied by default, each edge open at both ends, only the edges listed here.

A policy of the sending and one of the receiving pod must both allow an edge. Pods that an operator makes (the
database, the broker) are known by their labels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from deploy.manifests.documents import Document, Finding, Workload, of_kind, selects, title, workloads

SERVICES = frozenset({"identity", "applications", "payments", "documents"})
# Who may talk to whom: the feeds that a service follows, what it reads, tokens from identity.
PROCESS_EDGES: Mapping[str, frozenset[str]] = {
    "identity": frozenset({"applications", "payments", "documents"}),
    "applications": frozenset({"identity", "payments", "documents"}),
    "payments": frozenset({"identity", "applications"}),
    "documents": frozenset({"identity", "applications", "payments"}),
    "gateway": SERVICES,
}
# What an overlay may add: to the database, the broker, and the foreign parties of a development stack.
FURTHER_EDGES: Mapping[str, Mapping[str, frozenset[int]]] = {
    "identity": {"database": frozenset({5432}), "broker": frozenset({5672}), "sandbox": frozenset({8125})},
    "applications": {
        "database": frozenset({5432}),
        "broker": frozenset({5672}),
        "sandbox": frozenset({8107}),
    },
    "payments": {
        "database": frozenset({5432}),
        "broker": frozenset({5672}),
        "sandbox": frozenset({8106, 8108}),
    },
    "documents": {"database": frozenset({5432}), "broker": frozenset({5672})},
    "gateway": {"broker": frozenset({5672})},
    "sandbox": {"gateway": frozenset({8080})},
    "database": {"database": frozenset({5432, 8000})},
    "broker": {"broker": frozenset({4369, 25672})},
}
HTTP = 8080
MAIL_PORTS = frozenset({25, 465, 587, 8125})
# Egress to addresses instead of pods: payments to its providers, identity to a mail server, the operators'
# pods to the API server.
OUTWARD = frozenset({"payments", "identity", "database", "broker"})
INWARD = frozenset({"gateway", "sandbox", "database", "broker"})  # from other namespaces
OPERATED = {
    "database": ("Cluster", "cnpg.io/cluster"),
    "broker": ("RabbitmqCluster", "app.kubernetes.io/name"),
}
RULE = "network"


@dataclass(frozen=True)
class Pod:
    """One end of an edge: an application's name, its labels and its ports by name."""

    name: str
    labels: Mapping[str, str]
    workload: Workload | None = field(default=None, compare=False, hash=False)

    def port(self, wanted: int | str) -> int | None:
        if self.workload is not None:
            return self.workload.port(wanted)
        return wanted if isinstance(wanted, int) else None


Edge = tuple[str, str, int]  # from, to, port


def network(documents: list[Document]) -> Iterator[Finding]:
    """Every fault of the network policies of an overlay."""
    policies = of_kind(documents, "NetworkPolicy")
    pods = [*_pods(documents)]
    yield from _denied_by_default(policies)
    yield from _idle(policies, pods)
    leaving = {edge for policy in policies for edge in _edges(policy, pods, "egress")}
    arriving = {edge for policy in policies for edge in _edges(policy, pods, "ingress")}
    for edge in sorted(leaving ^ arriving):
        end = "receiving" if edge in leaving else "sending"
        yield Finding(_arrow(edge), RULE, f"is open at one end, not at the {end} one")
    for edge in sorted((leaving | arriving) - _allowed()):
        yield Finding(_arrow(edge), RULE, "is an edge that nobody named")
    for edge in sorted(_needed() - (leaving & arriving)):
        yield Finding(_arrow(edge), RULE, "is closed, though the portal needs it")
    for policy in policies:
        yield from _outside(policy, pods)


def _pods(documents: list[Document]) -> Iterator[Pod]:
    for workload in workloads(documents):
        yield Pod(workload.labels.get("app.kubernetes.io/name", workload.name), workload.labels, workload)
    for name, (kind, label) in OPERATED.items():
        yield from (Pod(name, {label: d["metadata"]["name"]}) for d in of_kind(documents, kind))


def _denied_by_default(policies: list[Document]) -> Iterator[Finding]:
    for policy in policies:
        spec = policy["spec"]
        closed = not spec.get("ingress") and not spec.get("egress")
        if spec["podSelector"] == {} and set(spec["policyTypes"]) == {"Ingress", "Egress"} and closed:
            return
    yield Finding("NetworkPolicy", RULE, "nothing is denied by default")


def _idle(policies: list[Document], pods: list[Pod]) -> Iterator[Finding]:
    for policy in policies:
        if not any(selects(policy["spec"]["podSelector"], pod.labels) for pod in pods):
            yield Finding(title(policy), RULE, "selects no pod")


def _edges(policy: Document, pods: list[Pod], direction: str) -> Iterator[Edge]:
    """The edges that one policy opens at its end, between pods of this overlay."""
    own = [pod for pod in pods if selects(policy["spec"]["podSelector"], pod.labels)]
    for rule in policy["spec"].get(direction) or []:
        others = [pod for pod in pods if any(_is_meant(peer, pod) for peer in _peers(rule, direction))]
        for here in own:
            for there in others:
                source, target = (here, there) if direction == "egress" else (there, here)
                numbers = [target.port(port["port"]) for port in rule.get("ports", [])]
                yield from ((source.name, target.name, number) for number in numbers if number)


def _peers(rule: Document, direction: str) -> list[Document]:
    peers: list[Document] = rule.get("to" if direction == "egress" else "from") or []
    return peers


def _is_meant(peer: Document, pod: Pod) -> bool:
    return (
        "podSelector" in peer and "namespaceSelector" not in peer and selects(peer["podSelector"], pod.labels)
    )


def _outside(policy: Document, pods: list[Pod]) -> Iterator[Finding]:
    """Edges to addresses and other namespaces: name resolution for all, else only for those listed above."""
    names = {pod.name for pod in pods if selects(policy["spec"]["podSelector"], pod.labels)}
    for direction, allowed in (("egress", OUTWARD), ("ingress", INWARD)):
        for rule in policy["spec"].get(direction) or []:
            ports = {port.get("port") for port in rule.get("ports", [])}
            if not ports or not _peers(rule, direction):
                yield Finding(title(policy), RULE, f"opens {direction} for every port or every peer")
            if not _leaves(rule, direction) or (direction == "egress" and ports == {53}):
                continue
            for name in sorted(names - allowed):
                yield Finding(title(policy), RULE, f"{name} has no business outside ({direction})")
            if direction == "egress" and "identity" in names and not ports <= MAIL_PORTS:
                yield Finding(title(policy), RULE, "identity reaches outside for more than mail")
            if direction == "egress" and ports & MAIL_PORTS and names != {"identity"}:
                yield Finding(title(policy), RULE, "another than identity reaches a mail server")


def _leaves(rule: Document, direction: str) -> bool:
    return any("ipBlock" in peer or "namespaceSelector" in peer for peer in _peers(rule, direction))


def _needed() -> set[Edge]:
    return {(source, target, HTTP) for source, targets in PROCESS_EDGES.items() for target in targets}


def _allowed() -> set[Edge]:
    further = {
        (source, target, port)
        for source, targets in FURTHER_EDGES.items()
        for target, ports in targets.items()
        for port in ports
    }
    return _needed() | further


def _arrow(edge: Edge) -> str:
    return f"{edge[0]} → {edge[1]}:{edge[2]}"
