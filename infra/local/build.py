"""Builds functions and simulator with plain cargo and lays the functions out as the template's CodeUri expects."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import tools
from .console import Problem, step
from .settings import BUNDLES, ROOT, cache_folder, cargo_target_folder, functions

SIMULATOR = "madoguchi-simulator"
# What each bundle was made from; `make deploy` removes it, since it puts other builds into the same folders.
STAMPS = BUNDLES.parent / "bundles.json"


def simulator_program() -> Path:
    """Our own copy: cargo may replace the built one while it runs."""
    return BUNDLES.parent / "bin" / SIMULATOR


def build() -> list[str]:
    """Builds everything and returns the functions whose bundle changed."""
    names = functions()
    with step(f"building {len(names)} functions and the simulator") as notes:
        # One target folder may serve several clones: what was built here must be copied before another builds.
        with tools.locked(cache_folder() / "build.lock"):
            claim_target()
            _cargo_build([*names, SIMULATOR])
            changed = _stage(names)
        notes.append(f"{len(changed)} changed" if changed else "nothing changed")
    return changed


def claim_target() -> None:
    """Makes cargo look at this clone's sources again if another clone used the target folder last.

    Cargo tells by modification time whether a crate is fresh and does not tell clones apart: sources that are older than
    the other clone's build would pass for built.
    """
    note = cargo_target_folder() / "last-clone"
    if not note.exists() or note.read_text(encoding="utf-8") == str(ROOT):
        _write_note(note)
        return
    for folder in ("functions", "shared", "infra", "tests"):
        for source in (ROOT / folder).rglob("*.rs"):
            source.touch()
    # The console embeds them.
    for asset in (ROOT / "functions" / "console" / "assets").rglob("*.*"):
        asset.touch()
    _write_note(note)


def _write_note(note: Path) -> None:
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(ROOT), encoding="utf-8")


def bundles_hash() -> str:
    """One hash over all bundles: equal hashes need no deployment."""
    total = hashlib.sha256()
    for name in functions():
        total.update(name.encode() + (BUNDLES / name / "bootstrap").read_bytes())
    return total.hexdigest()


def _cargo_build(packages: list[str]) -> None:
    command = ["cargo", "build", "--locked", "--bins"]
    # A terminal gets cargo's own progress bar; a log would get hundreds of lines.
    if not sys.stderr.isatty():
        command.append("--quiet")
    for package in packages:
        command += ["--package", package]
    environment = os.environ | {"CARGO_TARGET_DIR": str(cargo_target_folder())}
    if subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
        raise Problem("the build failed", "read the compiler's messages above")


def _stage(names: list[str]) -> list[str]:
    built = cargo_target_folder() / "debug"
    simulator_program().parent.mkdir(parents=True, exist_ok=True)
    targets = {name: BUNDLES / name / "bootstrap" for name in names} | {SIMULATOR: simulator_program()}
    stamps = _read_stamps()
    changed = []
    for name, target in targets.items():
        stamp = hashlib.sha256((built / name).read_bytes()).hexdigest()
        if stamps.get(name) == stamp and target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_stripped(built / name, target)
        stamps[name] = stamp
        changed.append(name)
    STAMPS.write_text(json.dumps(stamps, indent=2) + "\n", encoding="utf-8")
    return [name for name in changed if name != SIMULATOR]


def _copy_stripped(source: Path, target: Path) -> None:
    # A new file in place of the old one: what runs keeps running from the old one.
    fresh = target.with_name(target.name + ".new")
    if shutil.which("strip"):
        subprocess.run(["strip", "-o", str(fresh), str(source)], check=True)
    else:
        shutil.copy2(source, fresh)
    fresh.chmod(0o755)
    fresh.replace(target)


def _read_stamps() -> dict[str, str]:
    try:
        return json.loads(STAMPS.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
