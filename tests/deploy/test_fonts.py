"""The fonts folder: complete, kept, and made anew when the packages change."""

from pathlib import Path

import pytest
import typst

from deploy.local import fonts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fonts.install(tmp_path_factory.mktemp("local") / "fonts")


class TestTheFontsFolder:
    def test_holds_both_families_in_their_weights(self, folder: Path) -> None:
        found = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
        )
        faces = {(face.family, face.style, face.weight) for face in found.fonts()}
        assert faces == {
            ("Fira Sans", "normal", 400),
            ("Fira Sans", "italic", 400),
            ("Fira Sans", "normal", 500),
            ("Fira Sans", "normal", 600),
            ("Noto Sans", "normal", 400),
            ("Noto Sans", "normal", 600),
        }

    def test_is_kept_when_current(self, folder: Path) -> None:
        before = (folder / "NotoSans-Regular.ttf").stat().st_mtime_ns
        fonts.install(folder)
        assert (folder / "NotoSans-Regular.ttf").stat().st_mtime_ns == before

    def test_carries_the_licences(self, folder: Path) -> None:
        for licence in ("LICENSE-FiraSans.txt", "LICENSE-NotoSans.txt"):
            assert "SIL OPEN FONT LICENSE" in (folder / licence).read_text().upper()


class TestAMissingPackage:
    def test_is_named_in_one_sentence(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fonts, "PACKAGES", ("fontpkg-no-such-font",))
        with pytest.raises(fonts.FontsMissing, match=r"fontpkg-no-such-font is not installed; install the"):
            fonts.install(tmp_path / "fonts")
        assert not (tmp_path / "fonts").exists()
