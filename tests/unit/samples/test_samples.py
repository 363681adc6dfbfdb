import os
import zipfile
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[3] / "samples"
# Those of platforms/ are manifests, not models.
NAMES = sorted(
    path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name != "platforms"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_has_what_a_template_needs(name: str) -> None:
    sample = SAMPLES / name
    assert (sample / ".s2i/environment").is_file()
    assert os.access(sample / "verify", os.X_OK)
    assert f" --path samples/{name}\n" in (sample / "README.md").read_text()


def test_the_list_of_samples_names_each() -> None:
    text = (SAMPLES / "README.md").read_text()
    assert [name for name in NAMES if f"[{name}]({name})" not in text] == []


def test_sample_wheel_is_made_from_the_package_beside_it() -> None:
    sample = SAMPLES / "local-wheels"
    [wheel] = (sample / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("beaufort.py") == (sample / "package/beaufort.py").read_bytes()
    assert wheel.name == "sample_beaufort-1.0-py3-none-any.whl"
    assert 'version = "1.0"' in (sample / "package/pyproject.toml").read_text()
    assert "sample-beaufort==1.0" in (sample / "requirements.txt").read_text()
