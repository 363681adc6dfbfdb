"""Both sets of the wrapper's pins start, are busy, lose a worker and end alike: gunicorn changed much from 20 to 27."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.images import lifetimes
from tests.images.both_sets import Local


@pytest.mark.parametrize("name", lifetimes.SCENES)
def test_it_goes_the_same_way_on_both_sets(name: str, bundle: Path, tmp_path: Path) -> None:
    scene, sets = lifetimes.SCENES[name], ("upstream", "current")
    with ThreadPoolExecutor(2) as both:
        went = both.map(
            lambda pins: tuple(lifetimes.play(Local(bundle, pins), scene, tmp_path)), sets
        )
        assert dict(zip(sets, went, strict=True)) == dict.fromkeys(sets, tuple(scene.says))
