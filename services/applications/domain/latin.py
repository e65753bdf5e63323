"""Letters of names: DIN 91379:2022-08, data type A (names of natural persons), also known as String.Latin+.

The norm lists single code points and, letter by letter, the combining sequences Unicode has no code
point for. Text is brought to NFC first, as the norm asks.
"""

import re
import unicodedata
from typing import Final

from services.applications.domain.refusals import Unacceptable

_SINGLE: Final = (
    " ',-.A-Z`a-z~¨´·À-ÖØ-öø-žƇƈƏƗƠơƯưƷǍ-ǜǞǟǢ-ǰǴǵǸ-ǿȒȓȘ-țȞȟȧ-ȳəɨʒ\u02b9\u02ba\u02be\u02bf\u02c8\u02cc"
    "ḂḃḆḇḊ-ḑḗḜ-ḫḯ-ḷḺḻṀ-ṉṒ-ṛṞ-ṣṪ-ṯẀ-ẇẌ-ẗẞẠ-ỹ\u2019\u2021"
)
_GRAVE, _ACUTE, _CIRCUMFLEX, _MACRON, _BREVE = "\u0300", "\u0301", "\u0302", "\u0304", "\u0306"
_DOT, _DIAERESIS, _DOUBLE_ACUTE, _CARON, _LINE = "\u0307", "\u0308", "\u030b", "\u030c", "\u030d"
_CANDRABINDU, _COMMA_RIGHT, _HORN, _DOT_BELOW, _RING_BELOW = "\u0310", "\u0315", "\u031b", "\u0323", "\u0325"
_COMMA, _CEDILLA, _OGONEK, _MACRON_BELOW = "\u0326", "\u0327", "\u0328", "\u0331"
_DOUBLE_MACRON_BELOW: Final = "\u035f"

_MARKS: Final = {
    "Aa": _DOUBLE_ACUTE,
    "Cc": _GRAVE + _MACRON + _BREVE + _DIAERESIS + _COMMA_RIGHT + _DOT_BELOW + _COMMA,
    "Dd": _CIRCUMFLEX,
    "Ff": _GRAVE + _MACRON,
    "Gg": _GRAVE,
    "H": _MACRON + _COMMA + _MACRON_BELOW,
    "h": _MACRON + _COMMA,
    "J": _ACUTE + _CARON,
    "j": _ACUTE,
    "Kk": _GRAVE + _CIRCUMFLEX + _MACRON + _DOT + _COMMA_RIGHT + _HORN + _COMMA,
    "Ll": _CIRCUMFLEX + _RING_BELOW + _COMMA,
    "Mm": _GRAVE + _CIRCUMFLEX + _BREVE + _CANDRABINDU,
    "Nn": _CIRCUMFLEX + _MACRON + _BREVE + _COMMA,
    "Pp": _GRAVE + _MACRON + _COMMA_RIGHT + _DOT_BELOW,
    "Rr": _BREVE + _RING_BELOW,
    "Ss": _GRAVE + _MACRON + _MACRON_BELOW,
    "T": _GRAVE + _MACRON + _DIAERESIS + _COMMA_RIGHT + _HORN,
    "t": _GRAVE + _MACRON + _COMMA_RIGHT + _HORN,
    "Uu": _DOT,
    "Zz": _GRAVE + _MACRON + _BREVE + _DIAERESIS + _CEDILLA,
    "Çç": _BREVE,
    "Ûû": _MACRON,
    "ÿ": _ACUTE,
    "Čč": _COMMA_RIGHT + _DOT_BELOW,
    "ēō": _LINE,
    "Īī": _ACUTE,
    "Žž": _COMMA + _CEDILLA,
    "ḲḳṢṣṬṭ": _MACRON,
    "ẠạỌọ": _DIAERESIS,
    "Ụụ": _MACRON + _DIAERESIS,
}
_PAIRS: Final = (f"[Cc]{_OGONEK}{_BREVE}", f"[LlRr]{_RING_BELOW}{_MACRON}", f"[Ss]{_HORN}{_MACRON}")
_DIGRAPHS: Final = (f"K{_DOUBLE_MACRON_BELOW}[Hh]", f"k{_DOUBLE_MACRON_BELOW}h")
_SEQUENCES: Final = "|".join(
    (*_PAIRS, *_DIGRAPHS, *(f"[{letters}][{marks}]" for letters, marks in _MARKS.items()))
)
_UNIT: Final = re.compile(f"(?:{_SEQUENCES}|[{_SINGLE}])")


def read_latin(text: str) -> str:
    """`text` in NFC. Raises Unacceptable `characters_not_allowed` (params: characters)."""
    composed = unicodedata.normalize("NFC", text)
    refused = _UNIT.sub("", composed)
    if refused:
        raise Unacceptable("characters_not_allowed", characters=sorted(set(refused)))
    return composed
