"""`make deploy`: release builds of the functions, checked for what Lambda's system lacks, and `sam deploy` to AWS."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

from . import build, tools
from .console import Problem, step
from .settings import BUNDLES, ROOT, cache_folder, functions

# What Amazon Linux 2023 (`provided.al2023`) has. A function that needs more fails at its first start.
_NEWEST_GLIBC = (2, 34)
_TARGETS = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}


def deploy(architecture: str, sam_options: list[str]) -> int:
    """Builds, checks and deploys. AWS credentials, Region and profile are those of this shell."""
    build_release(architecture)
    command = [tools.python(tools.SAM), "-m", "samcli", "deploy"]
    parameters = [option for option in sam_options if "=" in option and not option.startswith("-")]
    options = [option for option in sam_options if option not in parameters]
    command += [*options, "--parameter-overrides", f"Architecture={architecture}", *parameters]
    environment = os.environ | {"SAM_CLI_TELEMETRY": os.environ.get("SAM_CLI_TELEMETRY", "0")}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def build_release(architecture: str) -> None:
    """Builds every function for Lambda into the folders that the template names."""
    names = functions()
    interpreter = tools.environment(tools.CARGO_LAMBDA) / "bin"
    # Its own target folder: cargo-lambda and cargo build with different flags and would undo each other's work.
    target = cache_folder() / "target-lambda"
    build.STAMPS.unlink(missing_ok=True)
    for name in names:
        shutil.rmtree(BUNDLES / name, ignore_errors=True)
    with step(f"building {len(names)} functions for {architecture}"):
        # The wanted glibc is part of the target's name.
        triple = f"{_TARGETS[architecture]}.{'.'.join(map(str, _NEWEST_GLIBC))}"
        command = [str(interpreter / "cargo-lambda"), "lambda", "build", "--release", "--locked"]
        command += ["--target", triple, "--lambda-dir", str(BUNDLES)]
        for name in names:
            command += ["--package", name]
        environment = os.environ | {
            "CARGO_TARGET_DIR": str(target),
            "PATH": os.pathsep.join([str(interpreter), os.environ.get("PATH", os.defpath)]),
        }
        if subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
            raise Problem("the release build failed", "read the compiler's messages above")
    with step(f"checking that no function needs more than glibc {triple.rpartition('u.')[2]}") as notes:
        notes.append(_check_glibc(names))


def _check_glibc(names: list[str]) -> str:
    if not shutil.which("objdump"):
        raise Problem("objdump was not found", "install binutils (Debian: apt-get install binutils)")
    newest = (0, 0)
    for name in names:
        needed = _needed_glibc(name)
        if needed > _NEWEST_GLIBC:
            raise Problem(
                f"{name} needs glibc {'.'.join(map(str, needed))}, Lambda has {'.'.join(map(str, _NEWEST_GLIBC))}",
                "build with make deploy, which names the wanted version, and not with plain cargo",
            )
        newest = max(newest, needed)
    return f"the newest that is needed is {'.'.join(map(str, newest))}"


def _needed_glibc(name: str) -> tuple[int, ...]:
    listed = subprocess.run(
        ["objdump", "-T", str(BUNDLES / name / "bootstrap")], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        raise Problem(f"objdump cannot read {name}: {listed.stderr.strip()}", "build it again")
    versions = re.findall(r"GLIBC_(\d+(?:\.\d+)+)", listed.stdout)
    return max((tuple(map(int, version.split("."))) for version in versions), default=(0, 0))
