"""The built assets: small, complete for names, named by content, reproducible."""

import json
from io import BytesIO
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from fontTools.ttLib import TTFont
from starlette.testclient import TestClient

from gateway.assets import fonts, places
from gateway.assets.build import build
from gateway.assets.serving import Assets, AssetsNotBuilt
from gateway.assets.stylesheet import minify, trim
from gateway.preview.app import Preview, preview_app

START_LIMIT = 100_000
LIVE_LIMIT = 1_024
# Letters that DIN 91379 asks of every name field and that occur in names of the town's people.
NAMES = (
    "ÄÖÜäöüßẞĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĽľŁłŃńŅņŇňŌōŐőŒœŔŕŘřŚśŞşŠšȘșȚțŤťŪūŮůŰűŲųŹźŻżŽžẠạẢảẤấỆệỘộỮữỸỹ"
)


class TestStartPage:
    def test_weighs_less_than_100_kilobytes(self, assets: Assets, capsys: pytest.CaptureFixture[str]) -> None:
        html = len(brotli.compress(Preview(assets).html("start", "de").encode(), quality=4))
        parts = {"html": html}
        parts |= {
            name: assets.weight(name)
            for name in ("portal.css", "crest.svg", "fira-latin-400.woff2", "fira-latin-600.woff2")
        }
        with capsys.disabled():
            print(f"\nstart page over the wire: {sum(parts.values())} bytes {parts}")
        assert sum(parts.values()) < START_LIMIT

    def test_keeps_its_script_below_a_kilobyte(self, assets: Assets) -> None:
        assert len((places.BUILT / assets.names["live.js"]).read_bytes()) < LIVE_LIMIT


class TestFonts:
    @pytest.mark.parametrize("weight", fonts.WEIGHTS)
    def test_write_every_name(self, assets: Assets, weight: int) -> None:
        covered: set[int] = set()
        for part in fonts.RANGES:
            data = (places.BUILT / assets.names[f"fira-{part}-{weight}.woff2"]).read_bytes()
            covered |= set(TTFont(BytesIO(data)).getBestCmap())
        assert {letter for letter in NAMES if ord(letter) not in covered} == set()

    def test_keep_combining_marks(self, assets: Assets) -> None:
        data = (places.BUILT / assets.names["fira-names-400.woff2"]).read_bytes()
        covered = set(TTFont(BytesIO(data)).getBestCmap())
        assert {0x0300, 0x0301, 0x0304, 0x030C, 0x0323, 0x0327, 0x0328} <= covered

    def test_share_no_letter_between_their_parts(self) -> None:
        latin, names = (fonts.code_points(fonts.RANGES[part]) for part in ("latin", "names"))
        assert latin & names == set()


class TestTrimming:
    def test_keeps_rules_of_used_classes_only(self) -> None:
        css = ".kern-a{color:red}.kern-b{color:blue}.kern-a:not(.kern-b),.kern-b .kern-a{top:0}"
        assert trim(css, {"kern-a"}) == ".kern-a{color:red}.kern-a:not(.kern-b){top:0}"

    def test_drops_properties_nobody_reads(self) -> None:
        css = ":root{--one:var(--two);--two:1px;--three:2px}.kern-a{top:var(--one)}"
        assert trim(css, {"kern-a"}) == ":root{--one:var(--two);--two:1px}.kern-a{top:var(--one)}"

    def test_drops_chains_of_unread_properties(self) -> None:
        assert trim(":root{--one:var(--two);--two:1px}p{top:0}", set()) == "p{top:0}"

    def test_drops_a_theme_chosen_by_attribute(self) -> None:
        assert trim("[data-kern-theme=dark] p{top:0}.kern-dark{top:0}", {"kern-dark"}) == ""

    def test_keeps_paper_light_whatever_the_screen_is(self) -> None:
        dark, light = (f"@media (prefers-color-scheme: {one}){{p{{top:0}}}}" for one in ("dark", "light"))
        assert trim(dark, set()) == "@media screen and (prefers-color-scheme: dark){p{top:0}}"
        assert trim(light, set()) == "@media print, (prefers-color-scheme: light){p{top:0}}"

    def test_minifies_without_touching_values(self) -> None:
        css = "/* no */ a > b , c { margin: 0 auto ; width: calc(1rem - 1px) ; }"
        assert minify(css) == "a>b,c{margin:0 auto;width:calc(1rem - 1px)}"


class TestBuild:
    def test_does_nothing_the_second_time(self, assets: Assets) -> None:
        before = {path.name: path.stat().st_mtime_ns for path in places.BUILT.iterdir()}
        assert build() is False
        assert {path.name: path.stat().st_mtime_ns for path in places.BUILT.iterdir()} == before

    def test_pins_packages_without_naming_a_registry(self) -> None:
        text = (places.ASSETS / "package-lock.json").read_text()
        packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
        assert all(one["integrity"].startswith("sha512-") for one in packages.values())
        assert "resolved" not in text

    def test_names_the_files_a_warden_needs_offline(self, assets: Assets) -> None:
        worker = assets.offline_worker().decode()
        assert '["FILES"]' not in worker
        assert all(
            assets.names[name] in worker for name in ("scanner.js", "permit.js", "jsqr.js", "portal.css")
        )

    def test_says_what_to_do_when_missing(self, tmp_path: Path) -> None:
        with pytest.raises(AssetsNotBuilt, match=r"python -m gateway\.assets"):
            Assets(tmp_path)


class TestServing:
    def test_answers_compressed_and_cacheable_for_ever(self, assets: Assets) -> None:
        client = TestClient(preview_app(assets))
        answer = client.get(assets.url("portal.css"), headers={"accept-encoding": "gzip, br"})
        assert answer.headers["content-encoding"] == "br"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "/*! KERN UX" in answer.text

    def test_answers_plain_to_who_asks_so(self, assets: Assets) -> None:
        answer = TestClient(preview_app(assets)).get(
            assets.url("portal.css"), headers={"accept-encoding": ""}
        )
        assert "content-encoding" not in answer.headers

    @pytest.mark.parametrize("name", ["manifest.json", "stamp", "../build.py", "none.css"])
    def test_serves_nothing_else(self, assets: Assets, name: str) -> None:
        assert TestClient(preview_app(assets)).get(f"/static/{name}").status_code == 404
