"""Labels of the image: which the user gave, and which a model gets by itself."""

import json
import tomllib
from pathlib import Path

import pytest

from seldon_buildpack.app_dir import image_labels, scrub
from seldon_buildpack.cnb import launch
from seldon_buildpack.messages.errors.settings import ImageMetadataInvalid, ImageMetadataNotJson
from seldon_buildpack.messages.errors.source_files import ManifestNotText, UnreadableManifest


def source(app: Path, data: str | bytes) -> Path:
    (app / ".s2i").mkdir(exist_ok=True)
    (app / image_labels.FILE).write_bytes(data if isinstance(data, bytes) else data.encode())
    return app


def labels(app: Path, *told: object) -> Path:
    return source(app, json.dumps({"labels": told}))


def test_a_source_without_the_file_has_no_labels(tmp_path: Path) -> None:
    assert image_labels.read(tmp_path) == {}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            '{"labels": [{"a": "1"}, {"io.k8s.display-name": "My model"}]}',
            {"a": "1", "io.k8s.display-name": "My model"},
        ),
        ('{"labels": [{"a": "1", "b": "2"}]}', {"a": "1", "b": "2"}),
        ('{"labels": [{"a": "1"}, {"a": "2"}]}', {"a": "2"}),
        ('{"labels": [{"a": ""}]}', {"a": ""}),
        ('{"labels": []}', {}),
        ('{"labels": [{}], "other": {"x": 1}}', {}),
        (b'\xef\xbb\xbf{"labels": [{"a": "\xc3\xa9"}]}', {"a": "é"}),
        (r'{"labels": [{"\u00e9": "\ud83d\ude00 \ud83d"}]}', {"é": "😀 \ufffd"}),
    ],
)
def test_labels_are_read_as_s2i_reads_them(
    tmp_path: Path, data: str | bytes, expected: dict[str, str]
) -> None:
    assert image_labels.read(source(tmp_path, data)) == expected


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ('{"labels": [{"a": "1"}, {"k": 1}]}', "labels[1].k is a number, not text in quotes"),
        ('{"labels": [{"k": ' + "9" * 5000 + "}]}", "labels[0].k is a number, not text in quotes"),
        ('{"labels": [{"k": true}]}', "labels[0].k is true or false, not text in quotes"),
        ('{"labels": [{"k": null}]}', "labels[0].k is null, not text in quotes"),
        ('{"labels": [{"io.x": ["a"]}]}', "labels[0]['io.x'] is a list, not text in quotes"),
        ('{"labels": [{"k": {"v": "w"}}]}', "labels[0].k is an object, not text in quotes"),
        ('{"labels": ["k=v"]}', "labels[0] is text, not an object"),
        ('{"labels": {"k": "v"}}', "labels is an object, not a list"),
        ('{"labels": null}', "labels is null, not a list"),
        ("[]", "the top level is a list, not an object"),
        ("null", "the top level is null, not an object"),
        ('{"k": "v"}', "the top level has no `labels`"),
        ('{"labels": [{"": "v"}]}', "labels[0] has a label without a name"),
        (
            '{"labels": [{"a": "1"}, {"io.buildpacks.lifecycle.metadata": "v"}]}',
            "labels[1] sets io.buildpacks.lifecycle.metadata, which is reserved for the platform",
        ),
    ],
)
def test_what_is_no_label_is_named_with_its_place(tmp_path: Path, data: str, title: str) -> None:
    with pytest.raises(ImageMetadataInvalid) as caught:
        image_labels.read(source(tmp_path, data))
    assert caught.value.title == f"`.s2i/image_metadata.json`: {title}"
    assert len(caught.value.fixes) == 2


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ('{\n  "labels": [\n    {"a": "1"}\n    {"b": "2"}\n  ]\n}\n', "line 4, column 5"),
        ('{\n  "labels": [{"a": \'1\'}]\n}\n', "line 2, column 20"),
        ("", "line 1, column 1"),
        ('{"labels": []}\n}\n', "line 2, column 1"),
        ("[" * 200_000, "line 1, column 1"),
    ],
)
def test_what_is_no_json_is_named_with_line_and_column(
    tmp_path: Path, data: str, place: str
) -> None:
    with pytest.raises(ImageMetadataNotJson) as caught:
        image_labels.read(source(tmp_path, data))
    assert caught.value.title == f"`.s2i/image_metadata.json` is not JSON: {place}"


def test_bytes_that_are_no_text_are_named_by_their_line(tmp_path: Path) -> None:
    with pytest.raises(ManifestNotText) as caught:
        image_labels.read(source(tmp_path, b'{"labels":\n[{"a": "\xe9"}]}'))
    assert "Line 2" in caught.value.cause


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / ".s2i").mkdir()
    (tmp_path / image_labels.FILE).symlink_to("gone")
    with pytest.raises(UnreadableManifest) as caught:
        image_labels.read(tmp_path)
    assert "a link to gone" in caught.value.cause


def test_label_credentials_reach_neither_label_nor_file(
    tmp_path: Path,
) -> None:
    app = labels(
        tmp_path,
        {"source": "https://me:hunter2@git.example/x?ref=1", "maintainer": "me@example.com"},
    )
    assert image_labels.read(app) == {
        "source": "https://****@git.example/x?ref=1",
        "maintainer": "me@example.com",
    }
    assert scrub.application(app, None) == (image_labels.FILE,)
    assert "hunter2" not in (app / image_labels.FILE).read_text()
    assert image_labels.read(app)["maintainer"] == "me@example.com"
    assert scrub.application(app, None) == ()


def test_a_file_without_credentials_stays_as_it_is(tmp_path: Path) -> None:
    text = '{"labels":[{"home":"https://example.com"},{"maintainer":"me@example.com"}]}'
    assert scrub.application(source(tmp_path, text), None) == ()
    assert (tmp_path / image_labels.FILE).read_text() == text


def test_a_model_has_the_labels_of_s2i_that_mean_something() -> None:
    assert image_labels.of_model("pkg.MyModel", "ROUTER") == {
        "io.k8s.display-name": "pkg.MyModel",
        "io.k8s.description": "pkg.MyModel, a ROUTER served by Seldon Core's Python wrapper",
    }


@pytest.mark.parametrize(
    "text",
    [
        "\\x41",
        "a\\",
        '"',
        "a\nb\tc\r",
        "\x00\x1f\x7f",
        "é 😀\u2028",
        "]\n[x]",
        "",
        "'''",
        "\\u0041",
    ],
)
def test_any_text_can_be_a_label(tmp_path: Path, text: str) -> None:
    launch.write(tmp_path, [], {f"k{text}": text})
    assert tomllib.loads((tmp_path / "launch.toml").read_bytes().decode())["labels"] == [
        {"key": f"k{text}", "value": text}
    ]
