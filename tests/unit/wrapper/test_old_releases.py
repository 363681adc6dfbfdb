"""Releases of the wrapper from before it served REST and gRPC side by side."""

import pytest

from seldon_buildpack.messages.errors.wrapper import WrapperTooOld
from seldon_buildpack.wrapper.old_releases import refuse_old_release


@pytest.mark.parametrize("version", ["1.2.2", "0.4", "1.4.0", "1", "0.5.1rc1"])
def test_an_old_release_is_refused_by_name(version: str) -> None:
    with pytest.raises(WrapperTooOld, match=f"seldon-core `{version}` is too old"):
        refuse_old_release(version)


@pytest.mark.parametrize("version", ["1.5", "1.5.1", "1.17.1", "2.0", "<1.5", ">=1.2,<1.16", ""])
def test_newer_releases_and_ranges_are_not_refused(version: str) -> None:
    refuse_old_release(version)
