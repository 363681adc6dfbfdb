"""An error about a requirement that no index has leads back to the user's line."""

from pathlib import Path

import pytest

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.diagnosis import install, server_probe
from seldon_buildpack.diagnosis.uv_output import Attempt
from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.package_sources.indexes import Index

FILES = {
    "requirements.txt": "# Ours.\nsix\nnobodys \\\n  ==1.0\n-r more/base.txt\n-c limits.txt\n",
    "more/base.txt": "pandas\nOwn_Thing>2\n",
    "limits.txt": "six\npandas==99\n",
}
END = "we can conclude that your requirements are unsatisfiable."


@pytest.mark.parametrize(
    ("cause", "place"),
    [
        (
            "Because nobodys was not found in the package registry and you require nobodys==1.0",
            "requirements.txt, line 3 requires it. Searched: PyPI.",
        ),
        (
            "Because there is no version of pandas==99 and you require pandas==99",
            "limits.txt, line 2 requires it. The package exists",
        ),
        (
            "Because only own-thing<=1.1 is available and you require own-thing>2",
            "more/base.txt, line 2 requires it. The package exists",
        ),
        (
            "Because ghost was not found in the package registry and six depends on ghost",
            "Searched: PyPI.",
        ),
    ],
)
def test_missing_package_leads_to_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: str, place: str
) -> None:
    monkeypatch.setattr(server_probe, "not_an_index", lambda *_: None)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    read = requirements_txt.read(tmp_path, tmp_path / "requirements.txt", {})
    attempt = Attempt(
        index=Index(), python="3.12.1", wrapper="1.17.1", app=tmp_path, requirements=read
    )
    lines = ("error: No solution found when resolving dependencies", f"  cause: {cause}, {END}")
    error = install.explain(Outcome(1, lines), attempt)
    assert error.cause.startswith(place)
