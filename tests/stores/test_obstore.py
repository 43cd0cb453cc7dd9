from __future__ import annotations

from pathlib import Path

import pytest

from provision.errors import StoreError
from provision.stores.obstore import ObjectStore


def test_a_bucket_is_opened_without_asking_it():
    store = ObjectStore.open("s3://bucket/provision/", spool=Path("spool"))
    assert store.url == "s3://bucket/provision"
    assert repr(store) == "ObjectStore(s3://bucket/provision)"


def test_each_store_has_a_spool_of_its_own():
    one = ObjectStore.open("s3://bucket/one", spool=Path("spool"))
    two = ObjectStore.open("s3://bucket/two", spool=Path("spool"))
    assert one.spool != two.spool


def test_a_failure_of_the_library_is_one_sentence(tmp_path):
    store = ObjectStore.open("memory://", spool=tmp_path)
    with pytest.raises(StoreError) as caught:
        store.put_new("a", tmp_path / "missing")
    assert caught.value.code == "PRV502"
    assert "\n" not in caught.value.message
