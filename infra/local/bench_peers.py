"""The contestants of `make bench` that are not ours: installed once, laid out, and listed with how to start them.

What they need lies in the cache folder, named after the hash of its pins. Their functions are copied to `build/peers`,
one folder per contestant as it would be in a zip for Lambda.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from . import tools
from .console import Problem, say, step
from .settings import ROOT, cache_folder

SOURCES = ROOT / "tests" / "bench" / "peers"
PREPARED = ROOT / "build" / "peers"

_NODE_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
# What `npm ci` reads, and what the native part is built with: a change of any of them makes a new folder.
_NODE_PINS = ("package.json", "package-lock.json", ".npmrc", "requirements.txt")


def prepare() -> Path:
    """Makes every contestant ready to start; returns the list of them, for `madoguchi-bench --peers`.

    Without Node, npm or what their runtime client is built with, the contestants in Node are left out, and the list
    says why.
    """
    contestants, left_out = [_python()], []
    try:
        contestants += _node()
    except Problem as problem:
        say(f" - the contestants in Node are left out: {problem.what} (to have them: {problem.remedy})")
        left_out += [{"name": name, "reason": problem.what} for name in ("node", "node_bundled")]
    listed = PREPARED / "contestants.json"
    listed.write_text(json.dumps({"contestants": contestants, "left_out": left_out}, indent=2) + "\n", encoding="utf-8")
    return listed


def _python() -> dict[str, object]:
    requirements = SOURCES / "python" / "requirements.txt"
    interpreter = tools.environment("bench-peer", requirements) / "bin" / "python"
    folder = _emptied("python")
    shutil.copy(SOURCES / "python" / "app.py", folder)
    # pip has compiled the libraries already: no start pays for it.
    _run([interpreter, "-m", "compileall", "-q", folder], "app.py could not be compiled", "look at the message above")
    version = ".".join(map(str, sys.version_info[:3]))
    pins = dict(line.split("==") for line in requirements.read_text(encoding="utf-8").split() if "==" in line)
    return {
        "name": "python",
        "label": f"Python {version}",
        "made_of": [f"{name} {pins[name]}" for name in ("line-bot-sdk", "boto3", "awslambdaric")],
        "argv": [str(interpreter), "-m", "awslambdaric", "app.lambda_handler"],
        "folder": str(folder),
        "environment": {
            "_HANDLER": "app.lambda_handler",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
        },
    }


def _node() -> list[dict[str, object]]:
    installed = _node_installed()
    node, modules = _node_folder(installed) / "bin" / "node", installed / "node_modules"
    plain, bundled = _emptied("node"), _emptied("node_bundled")
    shutil.copy(SOURCES / "node" / "app.mjs", plain)
    (plain / "node_modules").symlink_to(modules)
    _bundle(node, modules, plain / "app.mjs", bundled / "app.mjs")
    pins = json.loads((SOURCES / "node" / "package.json").read_text(encoding="utf-8"))
    versions = pins["dependencies"] | pins["devDependencies"] | pins["optionalDependencies"]
    version = versions[_node_package()]
    made_of = [f"{name} {versions[name]}" for name in ("@line/bot-sdk", "@aws-sdk/client-sqs", "aws-lambda-ric")]

    def contestant(name: str, label: str, made_of: list[str], folder: Path) -> dict[str, object]:
        return {
            "name": name,
            "label": label,
            "made_of": made_of,
            "argv": [str(node), str(modules / "aws-lambda-ric" / "index.mjs"), "app.handler"],
            "folder": str(folder),
            "environment": {
                "_HANDLER": "app.handler",
                "AWS_EXECUTION_ENV": f"AWS_Lambda_nodejs{version.split('.')[0]}.x",
                "NODE_ENV": "production",
            },
        }

    return [
        contestant("node", f"Node {version}", made_of, plain),
        contestant("node_bundled", f"Node {version}, bundled", [*made_of, f"esbuild {versions['esbuild']}"], bundled),
    ]


def _node_installed() -> Path:
    """The folder with Node itself and every package, installed first if it is not there yet."""
    for tool in ("node", "npm", "make", "c++"):
        if not shutil.which(tool):
            raise Problem(f"{tool} was not found", "install Node with npm, make and a C++ compiler")
    package = _node_package()
    pins = b"".join((SOURCES / "node" / name).read_bytes() for name in _NODE_PINS) + package.encode()
    folder = cache_folder() / "peers" / f"node-{hashlib.sha256(pins).hexdigest()[:12]}"
    ready = folder / ".ready"
    if ready.exists():
        return folder
    cmake = tools.environment("bench-peer-cmake", SOURCES / "node" / "requirements.txt") / "bin"
    with tools.locked(folder.with_suffix(".lock")):
        if not ready.exists():
            with step("installing the contestants in Node and building their runtime client, once"):
                _npm_install(folder, cmake)
            ready.touch()
    return folder


def _npm_install(folder: Path, cmake: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _NODE_PINS:
        shutil.copy(SOURCES / "node" / name, folder)
    network = "check the network and try again"
    # The runtime client is built with the Node that will run it, which must be there first.
    _run(["npm", "ci", "--ignore-scripts"], "npm could not install the packages", network, folder)
    node = _node_folder(folder)
    path = os.pathsep.join([str(node / "bin"), str(cmake), os.environ["PATH"]])
    variables = {"PATH": path, "npm_config_nodedir": str(node)}
    problem, remedy = "aws-lambda-ric could not be built", "look at the message above"
    _run(["npm", "rebuild", "aws-lambda-ric"], problem, remedy, folder, variables)
    if not (folder / "node_modules" / "aws-lambda-ric" / "rapid-client.node").exists():
        raise Problem(problem, "run `npm config set ignore-scripts false` and try again")


def _bundle(node: Path, modules: Path, source: Path, target: Path) -> None:
    # Some packages inside are CommonJS and look for `require`, which a module lacks.
    banner = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
    command = [node, modules / "esbuild" / "bin" / "esbuild", source, f"--outfile={target}", f"--banner:js={banner}"]
    options = ["--bundle", "--minify", "--platform=node", "--target=node24", "--format=esm"]
    fields = ["--main-fields=module,main", "--log-level=warning"]
    _run([*command, *options, *fields], "esbuild could not bundle app.mjs", "look at the message above")


def _node_package() -> str:
    """The npm package that carries Node for this machine."""
    machine = platform.machine().lower()
    if sys.platform != "linux" or machine not in _NODE_ARCHITECTURES:
        raise Problem(f"Node is not pinned for {sys.platform} on {machine}", "run this on Linux, x86-64 or arm64")
    return f"node-linux-{_NODE_ARCHITECTURES[machine]}"


def _node_folder(installed: Path) -> Path:
    return installed / "node_modules" / _node_package()


def _emptied(name: str) -> Path:
    folder = PREPARED / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _run(
    command: list[str | Path], problem: str, remedy: str, folder: Path = ROOT, variables: dict[str, str] | None = None
) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | (variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        say("\n".join(done.stdout.splitlines()[-20:]))
        raise Problem(problem, remedy)
