"""`make bench`: release builds, laid out and zipped as they are deployed; contestants; the program that measures."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

from . import bench_console, bench_live, bench_peers, build, tools
from .console import Problem, step
from .settings import ROOT, cache_folder, cargo_target_folder, functions

PROGRAM = "madoguchi-bench"
PARTS = ("functions", "peers", "work", "deadlines", "inbox", "live", "console", "throughput")
REPORT = ROOT / "docs" / "BENCHMARKS.md"
BUILT = ROOT / "build" / "bench"

# These start release builds of the functions.
_RUN_FUNCTIONS = {"functions", "peers", "work"}
# Crates with micro-benchmarks.
_MICRO_BENCHMARKS = ("madoguchi-channels", "madoguchi-domain")


def bench(parts: list[str], rounds: int | None, out: Path) -> int:
    """Builds what `parts` need, and measures them. `out` is the report, in Markdown; a JSON is written beside it."""
    if sys.platform != "linux":
        raise Problem("CPU time and memory are read from /proc, which only Linux has", "run it on Linux")
    tools.check_rust()
    options = _build(parts)
    if "peers" in parts:
        options += ["--peers", str(bench_peers.prepare())]
    if "live" in parts:
        options += ["--live", str(bench_live.measure(BUILT / "live.json"))]
    if "console" in parts:
        options += ["--console", str(bench_console.measure(BUILT / "console.json"))]
    if "throughput" in parts:
        options += ["--criterion", str(_micro_benchmarks())]
    if rounds:
        options += ["--rounds", str(rounds)]
    commit = _commit()
    if commit:
        options += ["--commit", commit]
    command = [str(BUILT / PROGRAM), "--parts", ",".join(parts), "--out", str(out), *options]
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode


def parse_parts(text: str) -> list[str]:
    """The parts that a list names, in their order; all of them for an empty one."""
    named = [part for part in text.replace(",", " ").split() if part]
    unknown = [part for part in named if part not in PARTS]
    if unknown:
        raise Problem(f"there is no part {unknown[0]!r}", f"name some of {', '.join(PARTS)}")
    return [part for part in PARTS if part in named or not named]


def build_functions() -> dict[str, Path]:
    """Builds every function as it is deployed, and zips it; the zips by function."""
    names = functions()
    # One target folder may serve several clones: what was built here must be copied before another builds.
    with tools.locked(cache_folder() / "build.lock"):
        build.claim_target()
        # Without the program that measures: what a build of several packages asks of a library, all of them get.
        with step(f"building {len(names)} functions as they are deployed"):
            _cargo(["build", "--release", "--bins"], names)
        for name in names:
            _copy(cargo_target_folder() / "release" / name, BUILT / name / "bootstrap")
    return {name: _zip(BUILT / name / "bootstrap") for name in names}


def _build(parts: list[str]) -> list[str]:
    with tools.locked(cache_folder() / "build.lock"):
        build.claim_target()
        with step("building the program that measures"):
            _cargo(["build", "--release", "--bins"], [PROGRAM])
        _copy(cargo_target_folder() / "release" / PROGRAM, BUILT / PROGRAM)
    if not _RUN_FUNCTIONS & set(parts):
        return []
    build_functions()
    return ["--functions", str(BUILT)]


def _micro_benchmarks() -> Path:
    # Results of another clone or of benchmarks that are gone would pass for ours.
    results = cargo_target_folder() / "criterion"
    with tools.locked(cache_folder() / "build.lock"):
        build.claim_target()
        shutil.rmtree(results, ignore_errors=True)
        with step("measuring with criterion"):
            _cargo(["bench", "--benches"], list(_MICRO_BENCHMARKS), quiet_output=True)
        kept = BUILT / "criterion"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(results, kept)
    return kept


def _cargo(command: list[str], packages: list[str], *, quiet_output: bool = False) -> None:
    arguments = ["cargo", *command, "--locked"]
    # A terminal gets cargo's own progress bar; a log would get hundreds of lines.
    if not sys.stderr.isatty():
        arguments.append("--quiet")
    for package in packages:
        arguments += ["--package", package]
    environment = os.environ | {"CARGO_TARGET_DIR": str(cargo_target_folder())}
    done = subprocess.run(
        arguments,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet_output else None,
        check=False,
    )
    if done.returncode:
        raise Problem(f"cargo {command[0]} failed", "read the messages above")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # A new file in place of the old one, which may still run.
    fresh = target.with_name(target.name + ".new")
    shutil.copy2(source, fresh)
    fresh.replace(target)


def _zip(bootstrap: Path) -> Path:
    """Writes `bootstrap.zip` beside it, byte by byte what `sam deploy` uploads for a folder with this one file."""
    info = zipfile.ZipInfo(bootstrap.name)
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o755) << 16
    target = bootstrap.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(info, bootstrap.read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
    return target


def _commit() -> str:
    if not shutil.which("git"):
        return ""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip()
