"""Which NumPy installed packages were compiled for; the bytes are those of real wheels."""

from pathlib import Path

import pytest

from seldon_buildpack.python_env.numpy_builds import find_package_for_numpy_1, find_version
from tests.support.carried import written

SO = "fast.cpython-312-x86_64-linux-gnu.so"
# scikit-learn 1.2.2, pandas 1.5.3, scipy 1.9.3, h5py 3.8.0: NumPy 1's headers.
API_1 = b"\0numpy.core._multiarray_umath\0_ARRAY_API\0"
# shapely 1.8.5, thinc 8.1.7, gensim 4.3.1: Cython's declarations of NumPy 1, without its C API.
CYTHON_1 = b"\0numpy.core.multiarray failed to import\0"
# scikit-learn 1.5.2, scipy 1.14.1, pandas 2.2.2: NumPy 2's headers, whose code runs on both.
API_2 = b"\0numpy._core._multiarray_umath\0" + API_1
# fasttext 0.9.2, pypocketfft of scipy 1.9.3: pybind11 before 2.12 looks this up, which NumPy 2 has.
PYBIND = b"\0numpy.core.multiarray\0"


def site(tmp_path: Path, files: dict[str, bytes]) -> Path:
    written(tmp_path / "plain-1.0.dist-info/RECORD", "plain.py,,\n")
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    written(tmp_path / "Some_Lib-1.2.dist-info/RECORD", "".join(f"{name},,\n" for name in files))
    return tmp_path


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({f"lib/{SO}": API_1}, "some-lib 1.2"),
        ({f"lib/{SO}": CYTHON_1}, "some-lib 1.2"),
        ({f"lib/{SO}": API_2}, ""),
        ({f"lib/{SO}": API_2 + CYTHON_1}, ""),
        ({f"lib/{SO}": PYBIND}, ""),
        ({f"lib/{SO}": b""}, ""),
        ({f"lib/deep/er/{SO}": API_1}, "some-lib 1.2"),
        ({SO: API_1}, "some-lib 1.2"),
        ({f"lib/_a_{SO}": PYBIND, f"lib/_b_{SO}": API_1}, "some-lib 1.2"),
        # Built together: the first module that needs NumPy speaks for all of a package.
        ({"lib/__init__.py": b"", f"lib/a_{SO}": API_2, f"lib/b_{SO}": API_1}, ""),
        # A namespace may be of several packages.
        ({f"lib/a_{SO}": API_2, f"lib/b_{SO}": API_1}, "some-lib 1.2"),
        # pyarrow 11 has it in a library that is not a module itself.
        ({"lib/libarrow_python.so": API_1}, "some-lib 1.2"),
        ({"lib/libtorch_cpu.so": API_1}, ""),
        ({"lib.libs/libopenblas.so.0": API_1}, ""),
        ({f"numpy/core/_{SO}": API_1}, ""),
        ({"lib/fast.py": API_1}, ""),
    ],
)
def test_package_for_numpy_1_is_found_by_its_code(
    tmp_path: Path, files: dict[str, bytes], expected: str
) -> None:
    assert find_package_for_numpy_1(site(tmp_path, files)) == expected


def test_file_of_no_package_is_named_itself(tmp_path: Path) -> None:
    (tmp_path / SO).write_bytes(API_1)
    assert find_package_for_numpy_1(tmp_path) == SO


def test_numpy_version_is_that_of_the_folder(tmp_path: Path) -> None:
    assert find_version(tmp_path) == ""
    written(tmp_path / "numpy-1.26.4.dist-info/METADATA", "")
    assert find_version(tmp_path) == "1.26.4"
