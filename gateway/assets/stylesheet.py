"""Trims the KERN stylesheet to the classes our templates use; needs no node.

A rule stays when every `kern-` class in its selector is used (classes inside `:not()` do not count), and a
custom property stays when something still reads it. What a screen looks like follows the reader's wish: the
theme chosen by an attribute goes, the dark one is for screens alone, and paper is light.
"""

import re
from collections.abc import Iterable

import tinycss2
from tinycss2.ast import AtRule, Declaration, Node, QualifiedRule

_CLASS = re.compile(r"\.(kern-[a-z0-9_-]+)")
_NEGATION = re.compile(r":not\([^()]*\)")
_READ = re.compile(r"var\(\s*(--[a-zA-Z0-9_-]+)")
_SCHEMES = {
    "(prefers-color-scheme: dark)": "screen and (prefers-color-scheme: dark)",
    "(prefers-color-scheme: light)": "print, (prefers-color-scheme: light)",
}
_NESTING = {"media", "supports", "layer", "container"}


def used_classes(sources: Iterable[str]) -> set[str]:
    """The KERN classes named in templates or code; a name built from parts must appear in full somewhere."""
    return {name for text in sources for name in re.findall(r"kern-[a-z0-9_-]+", text)}


def trim(css: str, used: set[str]) -> str:
    """The stylesheet with only the rules for `used` and the custom properties those rules read."""
    kept = _rules(tinycss2.parse_stylesheet(css, skip_whitespace=True, skip_comments=True), used)
    while True:
        slimmer = _without_unread(kept)
        if slimmer == kept:
            return kept
        kept = slimmer


def minify(css: str) -> str:
    """Our own stylesheet without comments and needless space. It uses no strings with runs of spaces."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?", r"\1", css)
    return re.sub(r"(?<=[a-z-]): ", ":", css).replace(";}", "}").strip()


def _rules(rules: Iterable[Node], used: set[str]) -> str:
    return "".join(_rule(rule, used) for rule in rules)


def _rule(rule: Node, used: set[str]) -> str:
    if isinstance(rule, QualifiedRule):
        selectors = [s for s in _split(tinycss2.serialize(rule.prelude)) if _wanted(s, used)]
        return f"{','.join(selectors)}{{{tinycss2.serialize(rule.content)}}}" if selectors else ""
    if not isinstance(rule, AtRule) or rule.lower_at_keyword == "charset":
        return ""
    prelude = tinycss2.serialize(rule.prelude)
    if rule.content is None or rule.lower_at_keyword not in _NESTING:
        return str(rule.serialize())
    for asked, written in _SCHEMES.items():
        prelude = prelude.replace(asked, written)
    inner = _rules(tinycss2.parse_rule_list(rule.content, skip_whitespace=True, skip_comments=True), used)
    return f"@{rule.at_keyword}{prelude}{{{inner}}}" if inner else ""


def _wanted(selector: str, used: set[str]) -> bool:
    if "kern-dark" in selector or "kern-theme" in selector:
        return False
    return all(name in used for name in _CLASS.findall(_NEGATION.sub("", selector)))


def _split(selectors: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for char in selectors:
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    return [*parts, current.strip()]


def _without_unread(css: str) -> str:
    return _declared(tinycss2.parse_stylesheet(css), set(_READ.findall(css)))


def _declared(rules: Iterable[Node], read: set[str]) -> str:
    out = ""
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            body = ";".join(_declarations(rule, read))
            out += f"{tinycss2.serialize(rule.prelude).strip()}{{{body}}}" if body else ""
        elif isinstance(rule, AtRule) and rule.content is not None and rule.lower_at_keyword in _NESTING:
            inner = _declared(tinycss2.parse_rule_list(rule.content), read)
            out += (
                f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}{{{inner}}}" if inner else ""
            )
        elif isinstance(rule, AtRule):
            out += rule.serialize()
    return out


def _declarations(rule: QualifiedRule, read: set[str]) -> Iterable[str]:
    for item in tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True, skip_comments=True):
        if isinstance(item, Declaration) and (not item.name.startswith("--") or item.name in read):
            value = tinycss2.serialize(item.value).strip()
            yield f"{item.name}:{value}{'!important' if item.important else ''}"
