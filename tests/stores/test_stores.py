from __future__ import annotations

import pytest

from provision.errors import UsageError
from provision.stores import open_store
from provision.stores.local import LocalStore
from provision.stores.obstore import ObjectStore


def test_a_folder_and_its_url_name_the_same_store(tmp_path):
    plain = open_store(str(tmp_path / "a store"), spool=tmp_path)
    assert plain == open_store((tmp_path / "a store").as_uri(), spool=tmp_path)
    assert isinstance(plain, LocalStore)
    assert "%20" in plain.url


def test_other_schemes_are_opened_through_the_library(tmp_path):
    assert isinstance(open_store("memory://", spool=tmp_path), ObjectStore)
    assert isinstance(open_store("s3://bucket/x", spool=tmp_path), ObjectStore)


@pytest.mark.parametrize("url", ["http://example.test/x", "ftp://x/y", "file://host/x", "s3:///nobucket", "az:"])
def test_what_is_no_store_is_refused(url, tmp_path):
    with pytest.raises(UsageError) as caught:
        open_store(url, spool=tmp_path)
    assert caught.value.code == "PRV501"


def test_credentials_in_a_url_are_refused_and_not_repeated(tmp_path):
    with pytest.raises(UsageError) as caught:
        open_store("s3://user:hunter2@bucket/x", spool=tmp_path)
    assert caught.value.code == "PRV501"
    assert "hunter2" not in str(caught.value)
