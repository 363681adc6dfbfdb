"""Names in the source that NumPy 2 removed."""

from pathlib import Path

import pytest

from seldon_buildpack.model.find import find
from seldon_buildpack.model.numpy_names import RemovedName, find_removed_name
from tests.support.carried import written


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import numpy as np\nx = np.NaN\n", ("NaN", 2)),
        ("import numpy\nx = numpy.float_(1)\n", ("float_", 2)),
        ("from numpy import Inf\n", ("Inf", 1)),
        ("def f():\n    import numpy as np\n    return np.product([1])\n", ("product", 3)),
        ("import numpy as np\nx = np.nan, np.float64, np.prod\n", None),
        (
            "import numpy as np\ntry:\n    x = np.NaN\nexcept AttributeError:\n    x = np.nan\n",
            None,
        ),
        ("import pandas as np\nx = np.NaN\n", None),
        ("x = numpy.NaN\n", None),
        ("import numpy as np\nx = np.random.source\n", None),
        ("import helper\n", ("cumproduct", 3)),
    ],
)
def test_first_use_of_a_removed_name_is_found(
    tmp_path: Path, code: str, expected: tuple[str, int] | None
) -> None:
    written(
        tmp_path / "MyModel.py",
        code + "class MyModel:\n    def predict(self, X, names=None):\n        return X\n",
    )
    written(tmp_path / "helper.py", "import numpy as n\n\nn.cumproduct\n")
    written(tmp_path / "unused.py", "import numpy as np\nnp.NaN\n")
    found = find_removed_name(find(tmp_path, "MyModel", None))
    file = "helper.py" if "helper" in code else "MyModel.py"
    assert found == (RemovedName(expected[0], file, expected[1]) if expected else None)
