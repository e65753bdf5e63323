"""Puts the font files that documents are set in into one folder: ``python -m deploy.local.fonts [folder]``.

Fira Sans is the family of the portal; Noto Sans stands in, letter by letter, for the Latin letters of
DIN 91379 that Fira lacks (ḥ has one, ḫ has none). Both come with the pinned, hashed requirements
(`fontpkg-fira-sans`, `fontpkg-noto-sans`), so that nothing is downloaded here and the lock file is the
integrity check. Noto comes as one variable font, which the typesetter does not take: two weights of it are
cut, once, in about three seconds. The result is kept until a package version changes.
"""

import importlib.metadata
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

DEFAULT_FOLDER = Path(".portal") / "fonts"
PACKAGES = ("fontpkg-fira-sans", "fontpkg-noto-sans")
FIRA_FACES = ("FiraSans-Regular", "FiraSans-Italic", "FiraSans-Medium", "FiraSans-SemiBold")
NOTO_WEIGHTS = {"Regular": 400, "SemiBold": 600}
# Latin, its supplements and extensions, phonetic and modifier letters, combining marks, punctuation.
NOTO_RANGES = ((0x20, 0x36F), (0x1AB0, 0x1AFF), (0x1D00, 0x1EFF), (0x2000, 0x20CF), (0x2C60, 0x2C7F))
STAMP = "versions.txt"


class FontsMissing(RuntimeError):
    """The font packages are not installed; the message says what to do."""


def install(folder: Path = DEFAULT_FOLDER) -> Path:
    """Fill `folder` with the font files unless it is current, and return it, absolute.

    The folder appears complete or not at all. Raises FontsMissing.
    """
    folder = folder.resolve()
    stamp = _stamp()
    if (folder / STAMP).is_file() and (folder / STAMP).read_text() == stamp:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".fonts-") as temporary:
        fresh = Path(temporary) / folder.name
        fresh.mkdir()
        _write_faces(fresh)
        (fresh / STAMP).write_text(stamp)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    return folder


def _stamp() -> str:
    try:
        versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    except importlib.metadata.PackageNotFoundError as missing:
        raise FontsMissing(
            f"The font package {missing.name} is not installed; install the requirements first."
        ) from missing
    return "\n".join([*versions, *FIRA_FACES, *NOTO_WEIGHTS, repr(NOTO_RANGES), ""])


def _write_faces(folder: Path) -> None:
    fira, noto = _files("fontpkg_fira_sans"), _files("fontpkg_noto_sans")
    for face in FIRA_FACES:
        shutil.copyfile(fira / f"{face}.ttf", folder / f"{face}.ttf")
    shutil.copyfile(fira.parent / "LICENSE", folder / "LICENSE-FiraSans.txt")
    shutil.copyfile(noto.parent / "LICENSE", folder / "LICENSE-NotoSans.txt")
    _cut_weights(noto / "NotoSans[wdth,wght].ttf", folder)


def _files(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FontsMissing(f"The font package {package} is not installed; install the requirements first.")
    return Path(spec.origin).parent / "files"


def _cut_weights(source: Path, folder: Path) -> None:
    """Static weights of a variable font, reduced to the letters a Latin name may hold."""
    # Imported here: it takes a second, and a start with fonts in place shall not pay it.
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    font = TTFont(source, recalcTimestamp=False)
    features = ["ccmp", "locl", "mark", "mkmk"]
    subsetter = Subsetter(
        Options(layout_features=features, name_IDs=["*"], notdef_outline=True, hinting=False)
    )
    subsetter.populate(unicodes=list(_letters()))
    subsetter.subset(font)
    for style, weight in NOTO_WEIGHTS.items():
        face = instantiateVariableFont(font, {"wght": weight, "wdth": 100})
        _name(face, style, weight)
        face.save(folder / f"NotoSans-{style}.ttf")


def _name(face: Any, style: str, weight: int) -> None:
    """Name the cut weight, or the typesetter takes every cut for the regular one."""
    names = {1: f"Noto Sans {style}", 2: "Regular", 6: f"NotoSans-{style}", 16: "Noto Sans", 17: style}
    for name_id, text in names.items():
        face["name"].setName(text, name_id, 3, 1, 0x409)
    face["OS/2"].usWeightClass = weight


def _letters() -> Iterator[int]:
    for first, last in NOTO_RANGES:
        yield from range(first, last + 1)


def main() -> int:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    try:
        print(install(target))
    except FontsMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
