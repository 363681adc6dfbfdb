"""Small packages, each with one thing that installing or activating an environment has to get right."""

import os
import struct
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.conda.packing import PLACEHOLDER, Recipe, pack, pack_old, tiny, written

_TEXT = "The licence of a package for tests.\n"


def pack_all(forge: Path, extra: Path) -> None:
    """Pack every one into the channel ``forge``; what lies in both channels, and what lies in ``extra`` alone, there."""
    for channel, version in ((forge, "2.0"), (extra, "1.0")):
        tiny(channel, "in-both", version, files={"share/in-both": f"{version} of {channel.name}\n"})
    tiny(extra, "in-extra", "1.0", ("in-both",))
    _activated(forge)
    _prefixed(forge)
    _python(forge)
    _linked(forge)
    _choices(forge)
    _with_tree(
        forge,
        pack_old,
        Recipe("old-format", "1.0", noarch="generic"),
        {"bin/old-format": _prints("old format")},
    )
    _with_tree(
        forge,
        pack,
        Recipe("licensed", "1.0", noarch="generic", licence="Apache-2.0 AND MIT"),
        {
            "share/licensed": "",
            "info/licenses/LICENSE": _TEXT,
            "info/licenses/vendored/LICENSE.MIT": "MIT, " + _TEXT,
        },
    )
    # conda runs a package's script after linking it.
    mark = '#!/bin/sh\necho linked > "$PREFIX/share/post-linked"\n'
    tiny(
        forge,
        "post-linked",
        "1.0",
        files={"bin/.post-linked-post-link.sh": mark, "share/post-linked-package": "1.0\n"},
    )


def _activated(forge: Path) -> None:
    """What conda's activation sources and sets. The scripts are bash: a POSIX shell stops at them."""
    on = (
        "function _activated_here() { [[ -n ${CONDA_PREFIX:-} ]]; }\n"
        "names=(activated and more)\n"
        'if _activated_here; then export ACTIVATED_DATA="${CONDA_PREFIX}/share/activated"; export ACTIVATED_WORD="${names[1]}"; fi\n'
        "unset names\n"
    )
    tiny(
        forge,
        "activated",
        "1.0",
        files={"etc/conda/activate.d/activated.sh": on, "share/activated/data": "activated\n"},
    )
    both = {
        "etc/conda/activate.d/reversible_activate.sh": 'export REVERSIBLE_BEFORE="${REVERSIBLE-unset}"\nexport REVERSIBLE=on\n',
        "etc/conda/activate.d/reversible_activate.fish": "this is not bash\n",
        "etc/conda/deactivate.d/reversible_deactivate.sh": "unset REVERSIBLE\n",
    }
    tiny(forge, "reversible", "1.0", files=both)
    tiny(
        forge,
        "with-variables",
        "1.0",
        files={"etc/conda/env_vars.d/with-variables.json": '{"FROM_ENV_VARS": "set by a file"}\n'},
    )


def _prefixed(forge: Path) -> None:
    """The placeholder in a program, in a script's first line and in a text file."""
    files: dict[str, str | bytes] = {
        "bin/prefixed-binary": _program_that_prints(f"{PLACEHOLDER}/share/prefixed".encode()),
        "bin/prefixed-script": f"#!{PLACEHOLDER}/bin/python\nimport sys\nprint(sys.prefix)\n",
        "etc/prefixed.conf": f"[prefixed]\ndata = {PLACEHOLDER}/share/prefixed\n",
        "share/prefixed/data": "prefixed\n",
    }
    _with_tree(forge, pack, Recipe("prefixed", "1.0", depends=("python",)), files)


def _python(forge: Path) -> None:
    """A package of Python code alone, with programs that conda writes when it installs it."""
    info = "site-packages/hello_conda-1.0.dist-info"
    files = {
        "site-packages/hello_conda.py": "SAYS = 'hello_conda 1.0'\n\n\ndef main():\n    print(SAYS)\n",
        "python-scripts/hello-script": f"#!{PLACEHOLDER}/bin/python\nimport hello_conda\nprint('script of', hello_conda.SAYS)\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: hello-conda\nVersion: 1.0\nLicense: MIT\n",
        f"{info}/INSTALLER": "conda\n",
        f"{info}/RECORD": f"hello_conda.py,,\n{info}/METADATA,,\n{info}/INSTALLER,,\n{info}/RECORD,,\n",
        "info/licenses/LICENSE": _TEXT,
    }
    points = ("hello-conda = hello_conda:main",)
    recipe = Recipe(
        "hello-conda",
        "1.0",
        "pyhd8ed1ab_0",
        ("python >=3.6",),
        licence="MIT",
        noarch="python",
        entry_points=points,
    )
    _with_tree(forge, pack, recipe, files)


def _linked(forge: Path) -> None:
    """Links of both kinds, and modes that are neither 644 nor 755."""
    with tempfile.TemporaryDirectory() as scratch:
        root = written(
            Path(scratch),
            {
                "share/linked/one": "linked\n" * 1000,
                "bin/linked": _prints("linked"),
                "share/linked/closed": "444\n",
            },
        )
        os.link(root / "share/linked/one", root / "share/linked/the-same")
        (root / "bin/linked-too").symlink_to("linked")
        (root / "lib").mkdir()
        (root / "lib/linked-data").symlink_to("../share/linked")
        (root / "share/linked/closed").chmod(0o444)
        pack(Recipe("linked", "1.0"), root, forge)


def _choices(forge: Path) -> None:
    """What the solver has to choose by virtual packages and by what contradicts what."""
    for build, needs in (("cuda_1", ("__cuda >=12",)), ("cpu_0", ())):
        tiny(
            forge,
            "accelerated",
            "1.0",
            needs,
            {"share/accelerated": f"{build}\n"},
            build=build,
            noarch="",
        )
    tiny(forge, "needs-cuda", "1.0", ("__cuda >=12",))
    tiny(forge, "needs-glibc", "1.0", ("__glibc >=2.17,<3.0.a0", "__linux"))
    tiny(forge, "needs-new-glibc", "1.0", ("__glibc >=99",))
    tiny(forge, "needs-windows", "1.0", ("__win",))
    for version in ("1.0", "2.0"):
        tiny(forge, "clash-base", version)
    tiny(forge, "clash-left", "1.0", ("clash-base 1.*",))
    tiny(forge, "clash-right", "1.0", ("clash-base 2.*",))
    tiny(forge, "needs-what-is-not-there", "1.0", ("nowhere-to-be-found >=1",))


def _with_tree(
    forge: Path,
    how: Callable[[Recipe, Path, Path], Path],
    recipe: Recipe,
    files: Mapping[str, str | bytes],
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        how(recipe, written(Path(scratch), files), forge)


def _prints(text: str) -> str:
    return f"#!/bin/sh\necho {text}\n"


def _program_that_prints(text: bytes) -> bytes:
    """A whole program for x86-64 Linux, so that none needs a compiler: prints ``text`` up to its first NUL, and a line's end."""
    base, start = 0x400000, 64 + 56
    code = bytes.fromhex(
        "488d353e000000"  # lea rsi, [rip + 62]: the text
        "4889f2"  # mov rdx, rsi
        "803a00"  # next: cmp byte [rdx], 0
        "7405"  # je found
        "48ffc2"  # inc rdx
        "ebf6"  # jmp next
        "4829f2"  # found: sub rdx, rsi
        "b801000000bf010000000f05"  # write(1, text, length)
        "488d351a000000"  # lea rsi, [rip + 26]: the line's end
        "ba01000000b801000000bf010000000f05"  # write(1, end, 1)
        "b83c00000031ff0f05"  # exit(0)
    )
    content = code + b"\n" + text + b"\0"
    size = start + len(content)
    identity = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = identity + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, base + start, 64, 0, 0, 64, 56, 1, 64, 0, 0
    )
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000) + content
