"""Activation of a conda environment at startup: its variables and its scripts.

See conda: env_vars.d, activate.d. Part of seldon-serve, but a file of its own because only images
with a conda environment need it.
"""

import glob
import json
import os
import shlex
from typing import Callable, Dict, List, Sequence


def activate(
    values: Dict[str, str], done: str, again: Sequence[str], say: Callable[[str], None]
) -> None:
    """Add the environment's variables to ``values``, and run its activation scripts.

    If there are scripts, replace this process with a shell that runs them and then the program
    ``again``: scripts are written for a shell, and what they set, such as LD_LIBRARY_PATH, must be
    set when Python starts. ``done`` is a variable that is set for ``again``.
    """
    etc = os.path.join(glob.escape(values["CONDA_PREFIX"]), "etc/conda")
    for path in sorted(glob.glob(os.path.join(etc, "env_vars.d/*.json"))):
        try:
            with open(path, encoding="utf-8") as file:
                values.update({str(name): str(value) for name, value in json.load(file).items()})
        except (OSError, ValueError, AttributeError) as error:
            say("{} is skipped: {}.".format(path, error))
    scripts = sorted(glob.glob(os.path.join(etc, "activate.d/*.sh")))
    if not scripts:
        return
    # Most scripts are written for bash, which not every run image has.
    shell = "/bin/bash" if os.access("/bin/bash", os.X_OK) else "/bin/sh"
    os.execve(shell, [shell, "-c", _program(scripts, again)], dict(values, **{done: "1"}))


def _program(scripts: List[str], again: Sequence[str]) -> str:
    lines = []
    for script in scripts:
        ended = "echo {} >&2".format(
            shlex.quote("seldon-serve: {} stopped the startup.".format(script))
        )
        lines += ["trap {} EXIT".format(shlex.quote(ended)), ". {}".format(shlex.quote(script))]
    return "\n".join([*lines, "trap - EXIT", "exec {}".format(" ".join(map(shlex.quote, again)))])
