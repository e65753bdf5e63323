"""Subsets Fira Sans (OFL-1.1, shipped in the KERN package) to woff2.

Two parts a weight: what German and English pages always need, and the rest of what a name may need after
DIN 91379 (Latin letters of the European languages, their combining marks included); a browser fetches the
second only when a page shows such a letter.
"""

import logging
from io import BytesIO
from pathlib import Path
from typing import Final

from fontTools import subset

WEIGHTS: Final = {400: "Regular", 600: "SemiBold"}
COMBINING: Final = "0300-0304,0306-030C,0315,031B,0323-0328,032D-032E,0331,0335"
RANGES: Final = {
    "latin": "0020-007E,00A0-00FF,0152-0153,0160-0161,0178,017D-017E,1E9E,2010-2015,2018-201E,2020-2022,"
    "2026,202F,2030,2039-203A,20AC,2122,2190-2193,2212,2248,2264-2265",
    "names": f"0100-0151,0154-015F,0162-0177,0179-017C,017F-024F,0259,0292,02B9-02DD,{COMBINING},"
    "1E00-1E9D,1E9F-1EFF,2070-209C,2C60-2C7F",
}
_FEATURES: Final = ["kern", "liga", "ccmp", "locl", "mark", "mkmk", "tnum", "lnum"]

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it warns about the source font's own tables


def code_points(ranges: str) -> set[int]:
    """The code points of a comma-separated list of hexadecimal ranges, both ends included."""
    points: set[int] = set()
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return points


def subset_font(source: Path, ranges: str) -> bytes:
    """The glyphs of `ranges` that the font has, as woff2."""
    options = subset.Options(flavor="woff2", layout_features=_FEATURES, hinting=False, desubroutinize=True)
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=code_points(ranges))
    subsetter.subset(font)
    out = BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()


def face(weight: int, ranges: str, url: str) -> str:
    """The @font-face rule of one part."""
    unicode_range = ",".join(f"U+{part}" for part in ranges.split(","))
    return (
        f'@font-face{{font-family:"Fira Sans";font-weight:{weight};font-display:swap;'
        f'src:url({url}) format("woff2");unicode-range:{unicode_range}}}'
    )
