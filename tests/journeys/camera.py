"""A camera whose picture the test chooses: a film of one QR code that Chromium takes for a camera."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import segno

WIDTH: Final = 640
HEIGHT: Final = 480
Picture = np.ndarray[Any, np.dtype[np.uint8]]


class Camera:
    """Chromium opens the film anew whenever a page starts the camera."""

    def __init__(self, folder: Path) -> None:
        self.film = folder / "camera.y4m"
        self.shows(None)

    @property
    def flags(self) -> tuple[str, str]:
        return "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={self.film}"

    def shows(
        self, code: str | None, through: Callable[[Picture], Picture] = lambda picture: picture
    ) -> None:
        """Films a code, or an empty windscreen; `through` is what comes between code and camera."""
        picture = np.full((HEIGHT, WIDTH), 150, np.uint8)
        if code is not None:
            printed = _printed(code)
            top, left = (HEIGHT - printed.shape[0]) // 2, (WIDTH - printed.shape[1]) // 2
            picture[top : top + printed.shape[0], left : left + printed.shape[1]] = printed
        _write(self.film, through(picture))


def out_of_focus(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 12), np.uint8)


def askew_and_dim(picture: Picture) -> Picture:
    """As a hand holds a phone in the evening: turned, from the side, dim, with noise."""
    turned = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 17, 0.95)
    seen = cv2.warpAffine(picture, turned, (WIDTH, HEIGHT), borderValue=(150,))
    noise = np.random.default_rng(7).normal(0, 6, seen.shape)
    dim: Picture = np.clip(seen * 0.55 + noise + 20, 0, 255).astype(np.uint8)
    return dim


def _printed(code: str) -> Picture:
    """Black on white with the quiet zone, as large as fits."""
    rows = [list(row) for row in segno.make_qr(code, error="m").matrix_iter(border=4)]
    modules = np.array(rows, np.uint8)
    scale = (HEIGHT - 20) // modules.shape[0]
    return np.asarray(np.kron(255 - modules * 255, np.ones((scale, scale), np.uint8)), np.uint8)


def _write(film: Path, picture: Picture) -> None:
    """YUV4MPEG2 in 4:2:0; grey is the luma plane with both colours in the middle."""
    colours = bytes([128]) * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + picture.tobytes() + colours
    film.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 2)
