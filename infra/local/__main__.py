"""Command line of the local stack. Starts on the machine's Python and goes on in the pinned environment."""

from __future__ import annotations

import argparse
import os
import sys

from . import tools
from .console import Problem, complain
from .settings import ROOT

# Tells the second start, in the pinned environment, from the first.
_PINNED = "MADOGUCHI_PINNED_PYTHON"


def main() -> int:
    """Parses the command and runs it in the pinned environment."""
    parser = argparse.ArgumentParser(prog="python3 -m infra.local", description="The local stack of Madoguchi.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="build, start and deploy everything; deploy what changed if it runs already")
    run.add_argument("--detach", action="store_true", help="return when the stack is up instead of staying with it")
    commands.add_parser("stop", help="end the running stack; its data is kept")
    commands.add_parser("status", help="tell what runs, and where")
    logs = commands.add_parser("logs", help="print what functions logged, newest last")
    logs.add_argument("functions", nargs="*", help="names of functions; all of them by default")
    commands.add_parser("claim-target", help="to be run before cargo: keeps clones that share a target folder apart")
    commands.add_parser("check", help="lint the template")
    pytest = commands.add_parser("pytest", help="run stack and browser tests, each on a stack of its own")
    pytest.add_argument("arguments", nargs=argparse.REMAINDER)
    sizes = commands.add_parser("sizes", help="build the functions as they are deployed, and compare their sizes with tests/sizes.json")
    sizes.add_argument("--write", action="store_true", help="write tests/sizes.json anew")
    features = commands.add_parser("features", help="compare docs/FEATURES.md with what the tests are called")
    features.add_argument("--write", action="store_true", help="write docs/FEATURES.md anew")
    bench = commands.add_parser("bench", help="measure release builds and write docs/BENCHMARKS.md")
    bench.add_argument("--parts", default="", help="some of functions,peers,work,deadlines,inbox,live,console,throughput; all by default")
    bench.add_argument("--rounds", type=int, help="how often contestants take turns")
    bench.add_argument("--out", help="another place for the report")
    deploy = commands.add_parser("deploy", help="build for AWS and deploy with the AWS credentials of this shell")
    deploy.add_argument("--architecture", choices=("arm64", "x86_64"), default="arm64")
    deploy.add_argument("arguments", nargs=argparse.REMAINDER, help="after --, passed on to sam deploy")
    arguments = parser.parse_args()
    try:
        if _PINNED not in os.environ:
            _go_on_in_pinned_environment()
        from . import commands as implemented

        return implemented.run(arguments)
    except Problem as problem:
        complain(problem)
        return 1
    except KeyboardInterrupt:
        return 130


def _go_on_in_pinned_environment() -> None:
    interpreter = tools.python(tools.LOCAL)
    os.chdir(ROOT)
    os.execve(interpreter, [interpreter, "-m", "infra.local", *sys.argv[1:]], os.environ | {_PINNED: interpreter})


if __name__ == "__main__":
    sys.exit(main())
