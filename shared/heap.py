"""What a process has loaded by its start stays until its end: the garbage collector is told so."""

import gc


def set_apart() -> None:
    """Objects of now are looked at no more. Otherwise each full collection goes through modules, classes and
    schemas again, a tenth of a second each time, in which no request is answered."""
    gc.collect()
    gc.freeze()
