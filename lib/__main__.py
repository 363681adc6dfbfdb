"""Where bin/detect and bin/build enter: puts the bundled libraries on the path and runs the module of that name."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "bundle/libs"))
    if sys.argv[1] == "detect":
        from seldon_buildpack.detect import main
    else:
        from seldon_buildpack.build import main
    sys.exit(main())
