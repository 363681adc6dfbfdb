"""What is built: two samples, and the two changes that people make all day."""

import shutil
from dataclasses import dataclass
from pathlib import Path

# Small, pure Python, and nothing that either sample or the wrapper has.
ADDED_REQUIREMENT = "tabulate==0.9.0"


@dataclass(frozen=True)
class Model:
    """A sample: its folder under samples/, the file of its class, whether it has a requirements.txt, and what it is asked."""

    name: str
    module: str
    has_requirements: bool
    asked: str


MODELS = (
    Model("minimal", "RowMeans.py", False, '{"data": {"ndarray": [[1, 2, 3]]}}'),
    Model(
        "sklearn-iris", "IrisClassifier.py", True, '{"data": {"ndarray": [[5.1, 3.5, 1.4, 0.2]]}}'
    ),
)


def fresh(samples: Path, model: Model, target: Path, number: int) -> Path:
    """A copy of the sample that is a model of its own: its code differs from every other number's."""
    shutil.copytree(samples / model.name, target)
    _append(target / model.module, f"# Model {number}.")
    return target


def change_code(source: Path, model: Model) -> None:
    """One more line of code."""
    _append(source / model.module, "# Changed.")


def add_requirement(source: Path) -> None:
    """One more package."""
    _append(source / "requirements.txt", ADDED_REQUIREMENT)


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(f"{line}\n")
