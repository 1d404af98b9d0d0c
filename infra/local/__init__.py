"""The local stack: the real template on an AWS emulator, with the providers played by a simulator.

`python3 -m infra.local --help` lists what it can do; the Makefile calls nothing else. Read `stack.py` first: it is
the order in which things come up. Settings come from the environment (`settings.py`), tools are installed into
private virtual environments (`tools.py`), and whatever a person could put right is raised as a `Problem`
(`console.py`) with its remedy.
"""
