"""Pinned tools in private virtual environments, and a clear word when the machine itself lacks something.

An environment is named after the hash of its requirement file and lives in the cache folder, so that every clone with
the same pins shares one and a change of pins makes a new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .console import Problem, step
from .settings import ROOT, cache_folder

# Two environments, because the emulator and the SAM CLI pin different botocore versions; cargo-lambda is apart, because
# its wheel carries a whole compiler and only `make deploy` needs it.
LOCAL = "local"
SAM = "sam"
CARGO_LAMBDA = "cargo-lambda"

_OLDEST_PYTHON = (3, 11)


def check_python() -> None:
    """Refuses a Python that is too old, or that Debian shipped without its venv part."""
    if sys.version_info < _OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        raise Problem(f"Python {found} is too old", "install Python 3.11 or newer and put it first in PATH as python3")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Problem(
            "this Python cannot make virtual environments", "install the venv module (Debian: apt-get install python3-venv)"
        ) from None


def check_rust() -> None:
    """Refuses a machine that cannot build: no cargo, or nothing to link with."""
    if not shutil.which("cargo"):
        raise Problem("cargo was not found", "install Rust 1.95 or newer from https://rustup.rs")
    if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        raise Problem(
            "no C compiler was found (Rust links with it)",
            "install one (Debian: apt-get install build-essential; macOS: xcode-select --install)",
        )


def environment(name: str, requirements: Path | None = None) -> Path:
    """Folder of the virtual environment `name`, made first if it is not there yet.

    Its pins are in `requirements`, which is `infra/requirements-{name}.txt` unless told otherwise.
    """
    check_python()
    requirements = requirements or ROOT / "infra" / f"requirements-{name}.txt"
    pins = requirements.read_bytes() + f"{sys.version_info[:2]} {sys.base_prefix}".encode()
    folder = cache_folder() / "venv" / f"{name}-{hashlib.sha256(pins).hexdigest()[:12]}"
    ready = folder / ".ready"
    if ready.exists():
        return folder
    with locked(folder.with_suffix(".lock")):
        if not ready.exists():
            with step(f"installing pinned tools ({name}), once"):
                _install(folder, requirements)
            ready.touch()
    return folder


def python(name: str) -> str:
    """The interpreter of the virtual environment `name`."""
    return str(environment(name) / "bin" / "python")


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Holds a lock that other processes on this machine honour."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _install(folder: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    if made.returncode:
        reason = (made.stderr or made.stdout).strip().splitlines()
        raise Problem(
            f"no virtual environment could be made: {reason[-1] if reason else 'no reason given'}",
            "install the venv module (Debian: apt-get install python3-venv)",
        )
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    installed = subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "-r", str(requirements)],
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PIP_NO_INPUT": "1"},
        check=False,
    )
    if installed.returncode:
        raise Problem(f"the tools of {requirements.name} could not be installed", "check the network and try again")


def browser() -> tuple[str, str]:
    """Chromium and its driver; installed from Debian's packages where that is possible without asking."""
    found = _find_browser()
    if found:
        return found
    remedy = "install both (Debian: apt-get install chromium chromium-driver)"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with step("installing Chromium from Debian's packages, once"):
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "check": False}
            subprocess.run(["apt-get", "-qq", "update"], **quiet)
            subprocess.run(
                ["apt-get", "-qq", "-y", "--no-install-recommends", "install", "chromium", "chromium-driver"],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                **quiet,
            )
        found = _find_browser()
        if found:
            return found
    raise Problem("Chromium or its driver was not found", remedy)


def _find_browser() -> tuple[str, str] | None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    return (chromium, driver) if chromium and driver else None
