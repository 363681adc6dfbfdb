"""The entry point of bin/detect and bin/build.

Adds the bundled libraries to sys.path and runs the module that is named by the first argument.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "bundle/libs"))
    if sys.argv[1] == "detect":
        from seldon_buildpack.detect import main
    else:
        from seldon_buildpack.build import main
    sys.exit(main())
