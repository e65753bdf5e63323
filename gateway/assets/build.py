"""Builds the web assets into `static/built/`: content in the name, brotli and gzip beside it, one manifest.

The manifest maps a plain name ("portal.css") to its hashed file name. A stamp over everything that goes in
makes a second run a matter of milliseconds.
"""

import gzip
import hashlib
import json
import re
import shutil
from pathlib import Path

import brotli  # type: ignore[import-untyped]

from gateway.assets import packages, places

_COMPRESSED = {".css", ".js", ".svg"}
_SCRIPTS = (
    "live.js",
    "permit.js",
    "jsqr.js",
    "reader.js",
    "scanner.js",
)  # a script imports only those before it
_OFFLINE = "offline.js"


def build(built: Path = places.BUILT) -> bool:
    """Installs and builds what is missing or stale; answers whether there was anything to do."""
    packages.install()
    stamp, digest = built / "stamp", _digest()
    if stamp.exists() and stamp.read_text() == digest:
        return False
    fresh = built.with_name(f"{built.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    _Build(fresh).run()
    (fresh / "stamp").write_text(digest)
    shutil.rmtree(built, ignore_errors=True)
    fresh.rename(built)
    return True


class _Build:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, str] = {}

    def run(self) -> None:
        faces = self._fonts()
        self._put("portal.css", (faces + _styles()).encode())
        self._put("crest.svg", (places.SOURCE / "crest.svg").read_bytes())
        for script in _SCRIPTS:
            self._put(script, self._linked(_script(script)).encode())
        self._offline_worker()
        (self.folder / "manifest.json").write_text(json.dumps(self.names, indent=1, sort_keys=True))

    def _put(self, name: str, content: bytes) -> str:
        stem, suffix = Path(name).stem, Path(name).suffix
        self.names[name] = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
        self._write(self.names[name], content)
        return self.names[name]

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.write_bytes(content)
        if path.suffix in _COMPRESSED:
            path.with_name(f"{name}.br").write_bytes(brotli.compress(content, quality=11))
            path.with_name(f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))

    def _fonts(self) -> str:
        from gateway.assets import fonts  # slow to import, and not needed when all is fresh

        faces = ""
        for weight, style in fonts.WEIGHTS.items():
            source = places.KERN / "fonts" / "fira-sans" / f"FiraSans-{style}.woff2"
            for part, ranges in fonts.RANGES.items():
                name = self._put(f"fira-{part}-{weight}.woff2", fonts.subset_font(source, ranges))
                faces += fonts.face(weight, ranges, name)
        return faces

    def _linked(self, script: str) -> str:
        """Turns `"./permit.js"` into the hashed name of that file."""
        return re.sub(r'"\./([a-z]+\.js)"', lambda m: f'"./{self.names[m[1]]}"', script)

    def _offline_worker(self) -> None:
        """The warden's service worker keeps a plain name, its address being its identity."""
        wanted = [n for n in self.names if n.startswith("fira-latin") or n.endswith((".css", ".js", ".svg"))]
        files = json.dumps(sorted(self.names[name] for name in wanted if name != "live.js"))
        self._write(_OFFLINE, _script(_OFFLINE).replace('["FILES"]', files).encode())


def _styles() -> str:
    from gateway.assets import stylesheet

    templates = [path.read_text() for path in sorted(places.TEMPLATES.rglob("*.html"))]
    kern = stylesheet.trim((places.KERN / "kern.min.css").read_text(), stylesheet.used_classes(templates))
    own = "".join(path.read_text() for path in sorted(places.SOURCE.glob("*.css")))
    return f"/*! KERN UX, @kern-ux/native, EUPL-1.2, trimmed */{kern}{stylesheet.minify(own)}"


def _script(name: str) -> str:
    if name == "jsqr.js":
        return places.QR_DECODER.read_text()
    lines = (places.SOURCE / name).read_text().splitlines()
    return "\n".join(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("//"))


def _digest() -> str:
    digest = hashlib.sha256()
    folders = (places.SOURCE, places.TEMPLATES)
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in [*files, *sorted(places.ASSETS.glob("*.py")), places.ASSETS / "package-lock.json"]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
