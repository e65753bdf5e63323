"""Merkle tree hash of RFC 6962, section 2.1, over SHA-256, made leaf by leaf in logarithmic memory."""

import hashlib
from collections.abc import Iterable

LEAF = b"\x00"
NODE = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """32 bytes; the prefix keeps a leaf from being taken for a node."""
    return hashlib.sha256(LEAF + data).digest()


class Tree:
    """Takes leaf hashes in order; `root` may be asked at any time."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []  # (height, hash) of complete subtrees, tallest first

    def add(self, leaf: bytes) -> None:
        height = 0
        while self._complete and self._complete[-1][0] == height:
            leaf = _node(self._complete.pop()[1], leaf)
            height += 1
        self._complete.append((height, leaf))
        self.size += 1

    def root(self) -> bytes:
        """32 bytes; of no leaves the hash of nothing."""
        if not self._complete:
            return hashlib.sha256(b"").digest()
        *left, (_, right) = self._complete
        for _, subtree in reversed(left):
            right = _node(subtree, right)
        return right


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()
