"""Runs in a container of the builder: bin/detect and bin/build of a rebuild, as the lifecycle calls them, and nothing around them.

Argument: how often. Beside this file lie ``app``, the source, and ``layers``, what the lifecycle restores. Prints the seconds of each time
as JSON, both programs together. Standard library only.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    here, scratch, times = Path(__file__).parent, Path("/tmp/rebuild"), int(sys.argv[1])
    buildpack = Path(sys.executable).parents[4]
    plan = scratch / "plan.toml"
    places = {
        "BUILDPACK_DIR": buildpack,
        "PLATFORM_DIR": scratch / "platform",
        "LAYERS_DIR": scratch / "layers",
    }
    places |= {"BUILD_PLAN_PATH": plan, "BP_PLAN_PATH": plan}
    given = {
        "TARGET_OS": "linux",
        "TARGET_ARCH": "amd64",
        **{name: str(place) for name, place in places.items()},
    }
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/tmp",
        **{f"CNB_{name}": value for name, value in given.items()},
    }
    seconds = []
    # The first time reads the programs from the disk.
    for _ in range(times + 1):
        shutil.rmtree(scratch, ignore_errors=True)
        for name in ("app", "layers"):
            shutil.copytree(here / name, scratch / name)
        (scratch / "platform/env").mkdir(parents=True)
        plan.touch()
        begin = time.monotonic()
        for program in ("detect", "build"):
            done = subprocess.run(
                [buildpack / "bin" / program],
                cwd=scratch / "app",
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if done.returncode or "building (" in done.stdout:
                sys.exit(
                    f"{program} ended with {done.returncode}, or did not reuse a layer:\n{done.stdout}"
                )
        seconds.append(time.monotonic() - begin)
    print(json.dumps(seconds[1:]))


if __name__ == "__main__":
    main()
