"""The Merkle tree against RFC 6962: its recursive definition, and the vectors of Certificate Transparency."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.audit.merkle import Tree, leaf_hash, root_of

DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def defined(data: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1 << (len(data) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + defined(data[:k]) + defined(data[k:])).digest()


def root(data: Sequence[bytes]) -> bytes:
    return root_of(leaf_hash(one) for one in data)


class TestTree:
    @given(st.lists(st.binary(max_size=40), max_size=70))
    def test_is_the_defined_one(self, data: list[bytes]) -> None:
        assert root(data) == defined(data)

    @pytest.mark.parametrize("size", range(1, 9))
    def test_gives_the_known_roots(self, size: int) -> None:
        assert root([bytes.fromhex(text) for text in DATA[:size]]).hex() == ROOTS[size - 1]

    @given(st.lists(st.binary(max_size=8), min_size=1, max_size=40, unique=True), st.data())
    def test_changes_with_any_leaf(self, data: list[bytes], draw: st.DataObject) -> None:
        at = draw.draw(st.integers(0, len(data) - 1))
        other = draw.draw(st.binary(max_size=8).filter(lambda b: b != data[at]))
        edited = [*data[:at], other, *data[at + 1 :]]
        dropped = data[:at] + data[at + 1 :]
        assert len({root(data), root(edited), root(dropped)}) == 3

    @given(st.lists(st.binary(max_size=8), min_size=2, max_size=40, unique=True), st.data())
    def test_changes_when_two_change_places(self, data: list[bytes], draw: st.DataObject) -> None:
        i, j = draw.draw(st.lists(st.integers(0, len(data) - 1), min_size=2, max_size=2, unique=True))
        swapped = list(data)
        swapped[i], swapped[j] = data[j], data[i]
        assert root(swapped) != root(data)

    @given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
    def test_may_be_asked_at_any_time(self, leaves: list[bytes]) -> None:
        tree = Tree()
        for n, leaf in enumerate(leaves, 1):
            tree.add(leaf)
            assert tree.root() == root_of(leaves[:n])
        assert tree.size == len(leaves)
