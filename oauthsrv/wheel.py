"""This package as a wheel, built from the running files, so that pip installs the server's version without an index."""

import base64
import functools
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import metadata

from oauthsrv import __version__
from oauthsrv.places import PACKAGE, SQL, TEMPLATES

FILE = f"oauthsrv-{__version__}-py3-none-any.whl"
INFORMATION = f"oauthsrv-{__version__}.dist-info"
# Exists in a checkout only; an installed package has its metadata in other files.
SETUP = PACKAGE.parent / "setup.cfg"
TERMS = "LICENSE"
KEPT = ("METADATA", "entry_points.txt", f"licenses/{TERMS}")
# Anyone can download it, so whatever else lies in the folders, such as a key, stays out.
SUFFIXES = {".py", ".mako", ".sql", ".css", ".js", ".json", ".txt"}
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes
WHEEL = "Wheel-Version: 1.0\nGenerator: oauthsrv\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

ONE_AT_A_TIME = threading.Lock()


def content() -> bytes:
    """The wheel, built at the first call and cached."""
    with ONE_AT_A_TIME:
        return _content()


@functools.cache
def _content() -> bytes:
    files = dict(sorted(package_files())) | {f"{INFORMATION}/{name}": text for name, text in information().items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, written in {**files, f"{INFORMATION}/RECORD": record(files)}.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, written, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def package_files() -> Iterator[tuple[str, bytes]]:
    """Each file of the package, with its path below site-packages."""
    for folder, inside in ((PACKAGE, "oauthsrv"), (TEMPLATES, "oauthsrv/templates"), (SQL, "oauthsrv/sql")):
        for path in folder.rglob("*"):
            if path.suffix in SUFFIXES and path.is_file():
                yield f"{inside}/{path.relative_to(folder).as_posix()}", path.read_bytes()


def information() -> dict[str, bytes]:
    texts = metadata_of_checkout() if SETUP.is_file() else metadata_of_installation()
    return {name: text.encode() for name, text in (texts | {"WHEEL": WHEEL}).items()}


def metadata_of_installation() -> dict[str, str]:
    installed = metadata.distribution("oauthsrv")
    return {name: text for name in KEPT if (text := installed.read_text(name)) is not None}


def metadata_of_checkout() -> dict[str, str]:
    setup = ConfigParser()
    setup.read(SETUP, "utf-8")
    scripts = setup["options.entry_points"]["console_scripts"].strip()
    texts = {"METADATA": "\n".join(metadata_lines(setup)) + "\n", "entry_points.txt": f"[console_scripts]\n{scripts}\n"}
    return texts | {f"licenses/{TERMS}": SETUP.with_name(TERMS).read_text("utf-8")}


def metadata_lines(setup: ConfigParser) -> Iterator[str]:
    yield from ("Metadata-Version: 2.4", "Name: oauthsrv", f"Version: {__version__}")
    yield f"Summary: {setup['metadata']['description']}"
    yield f"Requires-Python: {setup['options']['python_requires']}"
    yield from (f"License: {setup['metadata']['license']}", f"License-File: {TERMS}")
    for extra, requirements in setup["options.extras_require"].items():
        yield f"Provides-Extra: {extra}"
        yield from (f'Requires-Dist: {requirement}; extra == "{extra}"' for requirement in requirements.split())


def record(files: dict[str, bytes]) -> bytes:
    """Every file with its digest, which pip checks; the record itself is listed without one."""
    lines = [f"{name},sha256={digest(written)},{len(written)}" for name, written in files.items()]
    return "\n".join([*lines, f"{INFORMATION}/RECORD,,", ""]).encode()


def digest(written: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(written).digest()).rstrip(b"=").decode()
