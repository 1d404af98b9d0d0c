"""Keeps the functions from growing unnoticed: their zips against the sizes that were committed."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess

from . import bench
from .console import Problem, say
from .settings import ROOT, cache_folder

BUDGET = ROOT / "tests" / "sizes.json"
# The same code differs by some bytes from machine to machine: paths of libraries are part of it.
_TOLERANCE = 0.01
# What a function is made of.
_INPUTS = ("Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "shared", "functions")


def check(*, write: bool) -> int:
    """Compares the size of every function's zip with the budget, or writes the budget anew."""
    machine = platform.machine()
    sizes = _sizes()
    if write:
        BUDGET.write_text(json.dumps({"architecture": machine, "zip_bytes": sizes}, indent=2) + "\n", encoding="utf-8")
        say(f"wrote {BUDGET.relative_to(ROOT)}")
        return 0
    budget = json.loads(BUDGET.read_text(encoding="utf-8"))
    if budget["architecture"] != machine:
        say(f"skipped: the budget is for {budget['architecture']}, and this machine is {machine}")
        return 0
    wrong = differences(budget["zip_bytes"], sizes)
    if wrong:
        raise Problem(
            "the functions are not as large as they should be:\n" + "\n".join(wrong),
            "what became smaller, or is worth its size: python3 -m infra.local sizes --write, and commit tests/sizes.json",
        )
    say(f"{len(sizes)} functions are as large as {BUDGET.relative_to(ROOT)} says; the largest zip has {max(sizes.values()):,} bytes")
    return 0


def differences(budget: dict[str, int], sizes: dict[str, int]) -> list[str]:
    """A line for each function whose size is off by more than a percent, or that only one of the two knows."""
    lines = []
    for name in sorted(budget.keys() | sizes.keys()):
        allowed, size = budget.get(name), sizes.get(name)
        if allowed is None or size is None:
            lines.append(f"  {name}: {'not in the budget' if allowed is None else 'not built'}")
        elif abs(size - allowed) > allowed * _TOLERANCE:
            lines.append(f"  {name}: {size:,} bytes, {size / allowed - 1:+.1%} against {allowed:,}")
    return lines


def _sizes() -> dict[str, int]:
    # Building takes minutes: what was built from the same sources before is as large as it was.
    known = cache_folder() / "sizes" / f"{_hash()}.json"
    if known.exists():
        return json.loads(known.read_text(encoding="utf-8"))
    sizes = {name: archive.stat().st_size for name, archive in bench.build_functions().items()}
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")
    return sizes


def _hash() -> str:
    compiler = subprocess.run(["rustc", "-vV"], cwd=ROOT, capture_output=True, check=True)
    total = hashlib.sha256(compiler.stdout)
    for name in _INPUTS:
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and file.suffix in (".rs", ".toml", ".lock", ".json"):
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:32]
