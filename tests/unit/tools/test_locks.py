"""Locks: what they hold is said as it is, and what changed in them, and what is known of it."""

import json
from pathlib import Path

from tools.core.steps import Workspace
from tools.dev import audit
from tools.dev.audit import Answer, Pin, Vulnerability
from tools.release import locks

BEFORE = "flask==2.2.5 \\\n    --hash=sha256:aa\nnumpy==1.26.4 \\\n    --hash=sha256:bb\nsix==1.17.0 \\\n    --hash=sha256:cc\n"
AFTER = "blinker==1.9.0 \\\n    --hash=sha256:dd\nflask==3.1.3 \\\n    --hash=sha256:ee\nnumpy==1.26.4 \\\n    --hash=sha256:ff\n"


def test_what_a_new_lock_changed_is_shown_package_by_package() -> None:
    assert locks.describe_changes(
        {
            "py3.12.txt": (BEFORE, AFTER),
            "py3.9.txt": (BEFORE, BEFORE),
            "new.txt": ("", BEFORE.splitlines()[0] + "\n"),
        }
    ) == (
        "py3.12.txt\n  blinker  - -> 1.9.0\n  flask    2.2.5 -> 3.1.3\n  six      1.17.0 -> -\nnew.txt\n  flask  - -> 2.2.5"
    )
    assert locks.describe_changes({"py3.12.txt": (AFTER, AFTER)}) == "No version changed."


def test_override_lifts_a_bound_that_current_locks_exceed() -> None:
    ws = Workspace.from_environment()
    in_both, lifted = (_list_overrides(ws, pins) for pins in ("upstream", "current"))
    upstream, current = (
        locks.parse_versions(locks.wrapper_lock_path(ws, pins, "3.12").read_text())
        for pins in ("upstream", "current")
    )
    assert in_both == {"protobuf"}
    assert [name for name in lifted - in_both if upstream[name] == current[name]] == []


def _list_overrides(ws: Workspace, pins: str) -> set[str]:
    text = (locks.wrapper_locks_folder(ws, pins) / "overrides.txt").read_text()
    return {
        line.split(">")[0].lower().replace("_", "-")
        for line in text.splitlines()
        if line and not line.startswith("#")
    }


def test_pin_sets_have_a_protobuf_with_compiled_code() -> None:
    ws = Workspace.from_environment()
    for pins, minors in locks.list_pin_sets(ws).items():
        for minor in minors:
            lock = locks.parse_versions(locks.wrapper_lock_path(ws, pins, minor).read_text())
            old = pins == "upstream" and minor in ("3.8", "3.9", "3.10")
            assert lock["protobuf"].startswith("3.20." if old else "6.")
            # Later ones have generated code that an older protobuf in the requirements refuses.
            assert lock["grpcio-reflection"].startswith("1.48." if old else "1.62.")


def test_a_package_is_asked_for_once_in_each_round() -> None:
    asked = [Pin("a", "1"), Pin("a", "2"), Pin("b", "1"), Pin("a", "3"), Pin("b", "2")]
    assert audit.split_rounds(asked) == [
        [Pin("a", "1"), Pin("b", "1")],
        [Pin("a", "2"), Pin("b", "2")],
        [Pin("a", "3")],
    ]


def test_vulnerabilities_are_listed_by_place_with_their_fix() -> None:
    found = [
        {
            "name": "flask",
            "version": "2.2.5",
            "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.3.2"], "aliases": ["CVE-1"]}],
        },
        {
            "name": "own",
            "version": "1",
            "vulns": [{"id": "GHSA-2", "fix_versions": [], "aliases": []}],
        },
        {"name": "six", "version": "1.17.0", "vulns": []},
        {
            "name": "rare",
            "skip_reason": "Dependency not found on PyPI and could not be audited: rare (1)",
        },
    ]
    asked = [Pin("flask", "2.2.5"), Pin("own", "1"), Pin("six", "1.17.0"), Pin("rare", "1")]
    answer = audit.parse_answer("osv", asked, [json.dumps({"dependencies": found, "fixes": []})])
    assert answer == Answer(
        "osv",
        {
            asked[0]: (Vulnerability("PYSEC-1", ("CVE-1",), ("2.3.2",)),),
            asked[1]: (Vulnerability("GHSA-2", (), ()),),
        },
        frozenset({asked[3]}),
    )
    assert audit.format_report(
        {"upstream": frozenset(asked[:3]), "current": frozenset(asked[2:])}, answer
    ) == (
        "According to osv:\n"
        "upstream: 2 of 3 releases with known vulnerabilities\n"
        "  flask 2.2.5  PYSEC-1 CVE-1, fixed in 2.3.2\n"
        "  own 1  GHSA-2, not fixed in any release\n"
        "current: 0 of 2 releases with known vulnerabilities\n"
        "Not in the database, so not checked: rare 1"
    )


def test_empty_vulnerability_database_is_no_clean_bill() -> None:
    document = json.dumps(
        {
            "dependencies": [{"name": "flask", "skip_reason": "Dependency not found on PyPI"}],
            "fixes": [],
        }
    )
    assert audit.parse_answer("pypi", [Pin("flask", "2.2.5")], [document]) is None


def test_every_lock_is_compiled_from_a_file_that_is_there() -> None:
    ws = Workspace.from_environment()
    targets = dict(locks.list_targets(ws))
    assert all(Path(words[-1]).is_file() for words in targets.values())
    compiled = {path for path in targets if "seldon_buildpack/locks" in str(path)}
    assert compiled == set((ws.checkout / "lib/seldon_buildpack/locks").glob("*/*/py*.txt"))
