from seldon_buildpack.app_dir.slices import LARGE, Apart, apart
from seldon_buildpack.cnb.launch import Slice


def _paths(found: Apart) -> list[list[str]]:
    return [list(one.paths) for one in found.slices]


def test_a_small_source_is_one_layer() -> None:
    assert apart({}) == apart({"M.py": 1000, "model/weights.bin": LARGE - 1001}) == Apart((), 0)


def test_large_files_get_layers_in_order_of_name() -> None:
    found = apart(
        {
            "M.py": 1,
            "z.bin": 3 * LARGE,
            "model/b.bin": LARGE,
            "model/a.bin": 2 * LARGE,
            "model/c.json": 5,
        }
    )
    assert found == Apart(
        (Slice(("model/a.bin",)), Slice(("model/b.bin",)), Slice(("z.bin",))), 6 * LARGE
    )


def test_a_new_file_leaves_the_layers_before_it_where_they_are() -> None:
    before = {"a.bin": LARGE, "c.bin": 9 * LARGE}
    assert _paths(apart({**before, "d.bin": 20 * LARGE})) == [*_paths(apart(before)), ["d.bin"]]


def test_largest_files_are_alone_and_others_share_a_layer() -> None:
    found = apart(
        {"code/M.py": 1} | {f"code/{number:02}.bin": LARGE + number for number in range(11)}
    )
    assert _paths(found) == [
        *([f"code/{number:02}.bin"] for number in range(3, 11)),
        ["code/00.bin", "code/01.bin", "code/02.bin"],
    ]
    assert found.size == 11 * LARGE + sum(range(11))


def test_directory_of_many_small_files_gets_a_layer() -> None:
    images = {f"data/images/{number}.png": LARGE // 8 for number in range(10)}
    assert _paths(apart({"M.py": 1, **images})) == [["data"]]
    assert _paths(apart({"data/load.py": 1, **images})) == [["data/images"]]
    assert _paths(apart({"data/images/load.py": 1, **images})) == []
    assert _paths(apart({"M.py": 1, "data/all.bin": LARGE, **images})) == [
        ["data/all.bin"],
        ["data"],
    ]


def test_directory_with_one_large_file_stays_with_the_code() -> None:
    assert _paths(
        apart({"M.py": 1, "model/weights.bin": 50 * LARGE, "model/labels.txt": LARGE - 1})
    ) == [["model/weights.bin"]]


def test_hidden_directory_stays_with_the_code() -> None:
    objects = {f".git/objects/{number:02}/x": LARGE // 2 for number in range(10)}
    assert _paths(apart({"M.py": 1, **objects})) == []
    assert _paths(apart({"M.py": 1, **objects, ".git/objects/pack/p.pack": LARGE})) == [
        [".git/objects/pack/p.pack"]
    ]


def test_the_shared_layer_names_no_more_than_some_paths() -> None:
    folders = {f"{number:02}/{part}": LARGE // 2 + number for number in range(40) for part in "ab"}
    assert _paths(apart({"M.py": 1, **folders})) == [[f"{number:02}" for number in range(24, 40)]]
