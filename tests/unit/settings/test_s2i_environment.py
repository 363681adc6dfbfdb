"""What is read from ``.s2i/environment``: as s2i reads it, and taken as meant where s2i would let the model crash."""

import functools
from pathlib import Path

import pytest

from seldon_buildpack.launch import serving_variables
from seldon_buildpack.messages.errors.model import ModelNameInvalid
from seldon_buildpack.messages.errors.settings import (
    EnvironmentFileBadName,
    EnvironmentFileNotUtf8,
    EnvironmentFileUnreadable,
    FlagInvalid,
    LogLevelUnknown,
    ServiceTypeUnknown,
)
from seldon_buildpack.settings import s2i_environment as s2i
from seldon_buildpack.settings import serving as wrapper
from tests.support.environment_files import LOST_BY_S2I, REFUSED, SAME, WARNED, Pairs, Warned


@pytest.mark.parametrize(("data", "pairs"), SAME)
def test_lines_are_read_as_s2i_reads_them(data: bytes, pairs: Pairs) -> None:
    found = s2i.parse(data)
    assert found.pairs() == pairs
    assert found.advice == ()


@pytest.mark.parametrize("file", WARNED)
def test_what_s2i_lets_crash_is_taken_as_meant_and_said(file: Warned) -> None:
    found = s2i.parse(file.data)
    assert found.pairs() == file.ours
    assert len(found.advice) == 1
    assert file.said in found.advice[0].found
    assert found.advice[0].todo.endswith(".")


def test_whatever_differs_from_s2i_has_a_reason() -> None:
    assert [file for file in WARNED if (file.ours != file.s2i) != bool(file.reason)] == []


@pytest.mark.parametrize(("data", "pairs", "_"), LOST_BY_S2I)
def test_what_s2i_loses_is_read(data: bytes, pairs: Pairs, _: Pairs) -> None:
    assert s2i.parse(data).pairs() == pairs


@pytest.mark.parametrize(("data", "_"), REFUSED)
def test_what_no_program_can_read_is_an_error(data: bytes, _: Pairs) -> None:
    with pytest.raises((EnvironmentFileBadName, EnvironmentFileNotUtf8)):
        s2i.parse(data)


@pytest.mark.parametrize(
    "line",
    [
        b"MODEL NAME=x",
        b"set A=b",
        b"ENV A=b",
        b"- A=b",
        b'"A"=b',
        b"A,B=c",
        b"M\xc3\xb6=x",
        b"password: abc=d",
    ],
)
def test_unreadable_name_is_an_error_with_its_line(line: bytes) -> None:
    with pytest.raises(EnvironmentFileBadName, match=r"Line 2 of `[.]s2i/environment`: ") as caught:
        s2i.parse(b"A=b\n" + line + b"\n")
    assert "Write line 2 as NAME=value." in caught.value.fixes


def test_a_line_that_may_be_a_key_is_not_repeated_in_the_error() -> None:
    with pytest.raises(EnvironmentFileBadName) as caught:
        s2i.parse(b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ/C7+x==\n")
    assert "MIIE" not in "\n".join(caught.value.lines())


def test_values_are_in_no_advice_and_no_representation() -> None:
    found = s2i.parse(b'TOKEN="s3cret"\nexport TOKEN=\'s3cret\'\nPASSWORD: s3cret\nKEY="s3cret\n')
    assert len(found.advice) == 6
    assert "s3cret" not in repr(found) + "".join(
        advice.found + advice.todo for advice in found.advice
    )


@pytest.mark.parametrize(
    ("data", "line", "offset", "byte"),
    [
        (b"A=b\nC=caf\xe9\n", 2, 9, "0xe9"),
        (b"\xff\xfeA\x00=\x00", 1, 0, "0xff"),
        (b"A\x00=\x00b\x00", 1, 1, "0x00"),
        (b"A=b\n\n\xc3", 3, 5, "0xc3"),
        (b"A=b\x00c\n", 1, 3, "0x00"),
    ],
)
def test_non_utf8_file_is_an_error_with_line_and_offset(
    data: bytes, line: int, offset: int, byte: str
) -> None:
    with pytest.raises(EnvironmentFileNotUtf8) as caught:
        s2i.parse(data)
    assert caught.value.cause.startswith(
        f"Line {line} contains an invalid byte: {byte}, at byte offset {offset} "
    )
    assert ("UTF-16" in caught.value.cause) == (b"\x00" in data)


def test_a_source_without_the_file_has_no_variables(tmp_path: Path) -> None:
    assert s2i.read(tmp_path) == s2i.S2iEnvironment()


def test_each_variable_knows_its_line(tmp_path: Path) -> None:
    (tmp_path / ".s2i").mkdir()
    (tmp_path / s2i.FILE).write_bytes(b"# c\nA=1\n\nB=2\n")
    found = s2i.read(tmp_path)
    assert [(variable.name, variable.line, variable.origin) for variable in found.variables] == [
        ("A", 2, ".s2i/environment line 2"),
        ("B", 4, ".s2i/environment line 4"),
    ]
    variable = found.get("B")
    assert variable is not None
    assert variable.value == "2"
    assert found.get("C") is None


def test_a_directory_or_a_dangling_link_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / s2i.FILE).mkdir(parents=True)
    with pytest.raises(EnvironmentFileUnreadable, match="cannot be read"):
        s2i.read(tmp_path)
    (tmp_path / s2i.FILE).rmdir()
    (tmp_path / s2i.FILE).symlink_to("gone")
    with pytest.raises(EnvironmentFileUnreadable) as caught:
        s2i.read(tmp_path)
    assert "it is a link to gone, which does not exist" in caught.value.cause


MODEL_NAMES = [
    ("", "", 0),
    ("  ", "", 0),
    ("MyModel", "MyModel", 0),
    (" MyModel\n", "MyModel", 0),
    ("pkg.module.MyModel", "pkg.module.MyModel", 0),
    ("my-module.MyModel", "my-module.MyModel", 0),
    ("my-model", "my-model", 0),
    ("MyModel.py", "MyModel", 1),
    ("./MyModel.py", "MyModel", 1),
    ("./MyModel", "MyModel", 1),
    ("dir/MyModel", "dir.MyModel.MyModel", 1),
    ("dir/MyModel.py", "dir.MyModel.MyModel", 1),
    ("dir\\MyModel.py", "dir.MyModel.MyModel", 1),
    ("dir/module.MyModel", "dir.module.MyModel", 1),
    ("module:MyModel", "module.MyModel", 1),
    ('"MyModel"', "MyModel", 1),
    ("'dir/MyModel'", "dir.MyModel.MyModel", 2),
    ("MyModel # the best", "MyModel", 1),
    ('"MyModel.py" # the best', "MyModel", 3),
]


@pytest.mark.parametrize(("value", "name", "said"), MODEL_NAMES)
def test_a_model_name_is_taken_as_meant(value: str, name: str, said: int) -> None:
    found, advice = wrapper.read_variable("MODEL_NAME", value, "pack build --env")
    assert found == name
    assert len(advice) == said
    assert all(line.found.startswith("pack build --env: ") for line in advice)


def test_what_a_model_name_is_taken_as_says_what_to_write() -> None:
    _, advice = wrapper.read_variable("MODEL_NAME", "dir/MyModel", "here")
    assert advice[0].found == "here: MODEL_NAME=dir/MyModel is read as dir.MyModel.MyModel."
    assert advice[0].todo == "Write MODEL_NAME=dir.MyModel.MyModel."


@pytest.mark.parametrize(
    "value",
    [
        "My Model",
        "/microservice/MyModel.py",
        "../MyModel",
        "a..b",
        ".a",
        "a.",
        "a.1b",
        "MyModel()",
        "a:b:c",
        '"MyModel',
        "/",
        ".",
        "dir/",
        "a.b-c",
        "=x y",
    ],
)
def test_a_model_name_that_can_be_no_class_is_an_error(value: str) -> None:
    with pytest.raises(ModelNameInvalid, match="is not the name of a class") as caught:
        wrapper.read_variable("MODEL_NAME", value, "pack build --env")
    assert "pack build --env" in caught.value.cause


@pytest.mark.parametrize("name", serving_variables.SERVICE_TYPES)
def test_a_service_type_is_taken_in_any_case(name: str) -> None:
    assert wrapper.read_variable("SERVICE_TYPE", name, "here") == (name, ())
    found, advice = wrapper.read_variable("SERVICE_TYPE", name.lower(), "here")
    assert found == name
    assert [line.found for line in advice] == [
        f"here: SERVICE_TYPE={name.lower()} is read as {name}."
    ]


@pytest.mark.parametrize(
    ("value", "name", "said"),
    [
        ("", "", 0),
        ("'MODEL'", "MODEL", 1),
        ("Outlier-Detector", "OUTLIER_DETECTOR", 1),
        (" MODEL ", "MODEL", 0),
        ("router # x", "ROUTER", 2),
    ],
)
def test_a_service_type_is_taken_as_meant(value: str, name: str, said: int) -> None:
    found, advice = wrapper.read_variable("SERVICE_TYPE", value, "here")
    assert (found, len(advice)) == (name, said)


@pytest.mark.parametrize(
    ("value", "nearest"),
    [
        ("MODLE", "MODEL"),
        ("OUTPUT_TRANSFORMER", "TRANSFORMER"),
        ("models", "MODEL"),
        ("XYZ", "MODEL"),
        ("OUTLIER", "OUTLIER_DETECTOR"),
    ],
)
def test_unknown_service_type_lists_all_and_the_nearest(value: str, nearest: str) -> None:
    with pytest.raises(ServiceTypeUnknown) as caught:
        wrapper.read_variable("SERVICE_TYPE", value, "here")
    assert "MODEL, ROUTER, TRANSFORMER, COMBINER, OUTLIER_DETECTOR" in caught.value.cause
    assert caught.value.fixes[0].startswith(f"Set SERVICE_TYPE={nearest} in")


@pytest.mark.parametrize("name", ["PERSISTENCE", "TRACING"])
def test_unreadable_flag_is_mended_or_refused(name: str) -> None:
    check = functools.partial(wrapper.read_variable, name)
    assert check("", "here") == ("", ())
    assert check("1", "here") == ("1", ())
    assert check("true", "here")[0] == "1"
    assert check("False", "here")[0] == "0"
    assert len(check("true", "here")[1]) == 1
    with pytest.raises(FlagInvalid, match=f"{name}=maybe"):
        check("maybe", "here")


def test_a_log_level_is_upper_case_or_refused() -> None:
    assert wrapper.read_variable("SELDON_LOG_LEVEL", "INFO", "here") == ("INFO", ())
    assert wrapper.read_variable("SELDON_LOG_LEVEL", "debug", "here")[0] == "DEBUG"
    with pytest.raises(LogLevelUnknown, match="LOUD"):
        wrapper.read_variable("SELDON_LOG_LEVEL", "LOUD", "here")
