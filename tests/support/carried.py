"""A small bundle of the real one's form, with a few of the real bounds."""

from pathlib import Path

from seldon_buildpack.bundle import Bundle, BundledTree

BOTH = ("current", "upstream")

REQUIRES = """\
Metadata-Version: 2.1
Name: seldon-core
Requires-Dist: Flask (<3.0.0)
Requires-Dist: numpy<2.0.0
Requires-Dist: protobuf >=3.20, <4
Requires-Dist: Flask-OpenTracing (>=1.1.0,<1.2.0)
Requires-Dist: PyYAML<=6.0.1,>=5.4
Requires-Dist: requests
Requires-Dist: alibi<1 ; extra == 'all'
"""
OVERRIDES = "# Why.\nFlask>=2.0.0\n# Any.\nnumpy\nflask_opentracing>=1.1.0\nPyYAML>=5.4\n"
BOUNDS = "# Of its METADATA.\nFlask<2.0.0\nnumpy<2.0.0\nPyYAML<5.5,>=5.4\nitsdangerous==1.1.0\n"


def written(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def carrying(root: Path) -> Bundle:
    """A bundle with 1.17.1, in the current set for Python 3.9 and later alone, and 1.14.1 for Python 3.6."""
    for minor in ("3.7", "3.8", "3.9", "3.12"):
        written(root / f"locks/seldon-core-1.17.1/upstream/py{minor}.txt", "seldon-core==1.17.1\n")
    for minor in ("3.9", "3.12", "3.13"):
        written(root / f"locks/seldon-core-1.17.1/current/py{minor}.txt", "seldon-core==1.17.1\n")
    written(root / "locks/seldon-core-1.17.1/current/overrides.txt", OVERRIDES)
    written(root / "locks/seldon-core-1.14.1/upstream/py3.6.txt", "seldon-core==1.14.1\n")
    written(root / "locks/seldon-core-1.14.1/upstream/bounds.txt", BOUNDS)
    for pins in BOTH:
        info = "lib/python3.12/site-packages/seldon_core-1.17.1.dist-info"
        written(root / f"wrappers/{pins}/3.12" / info / "METADATA", REQUIRES)
    return Bundle(
        root=root,
        buildpack_version="1.0.0",
        default_python="3.12",
        pythons={},
        wrappers={"3.12": {pins: BundledTree("1.17.1", "digest") for pins in BOTH}},
        watchers={},
        catalogue="",
    )
