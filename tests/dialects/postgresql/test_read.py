"""COPY streams: whole or an error, in frames of bounded size, and what becomes of one that is left."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import polars as pl
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus

from provision.dialects.postgresql import read
from provision.dialects.postgresql.connection import connect
from provision.dialects.postgresql.read import copy_frames
from provision.errors import DatabaseError
from provision.model.names import TableName

if TYPE_CHECKING:
    from provision.model.secret import Secret

NUMBERS = sql.SQL("select i, 'number ' || i from generate_series(1, 20000) i")
SCHEMA = {"i": pl.Int64(), "text": pl.String()}


def test_rows_come_in_frames_of_about_the_size_asked_for(database: Secret) -> None:
    with connect(database) as connection:
        frames = list(copy_frames(connection, NUMBERS, SCHEMA, flush_bytes=50_000))

    assert len(frames) > 5
    assert all(50_000 / 19 < frame.height < 51_000 / 10 for frame in frames[:-1])
    assert pl.concat(frames).equals(
        pl.DataFrame({"i": range(1, 20001), "text": [f"number {number}" for number in range(1, 20001)]})
    )


def test_no_rows_give_no_frame(database: Secret) -> None:
    with connect(database) as connection:
        assert list(copy_frames(connection, sql.SQL("select 1 where false"), {"a": pl.Int64()})) == []


def test_a_value_larger_than_a_frame_is_read_whole(database: Secret) -> None:
    with connect(database) as connection:
        (frame,) = copy_frames(connection, sql.SQL("select repeat('x', 3000000)"), {"a": pl.String()}, flush_bytes=1000)

    assert frame["a"].str.len_bytes().to_list() == [3_000_000]


def test_an_error_in_the_middle_is_never_a_short_table(database: Secret) -> None:
    query = sql.SQL("select 1000 / (5000 - i), 'secret' from generate_series(1, 10000) i")
    seen: list[int] = []

    with connect(database) as connection:
        frames = copy_frames(connection, query, SCHEMA, table=TableName.parse("t"), flush_bytes=1000)
        with pytest.raises(DatabaseError) as caught:
            seen.extend(frame.height for frame in frames)
        assert connection.execute("select 1").fetchone() == (1,)

    assert sum(seen) > 1000
    assert (caught.value.code, caught.value.sqlstate) == ("PRV314", "22012")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("how", ["ended by the server", "cut off"])
def test_a_connection_lost_in_the_middle_is_never_a_short_table(database: Secret, how: str) -> None:
    query = sql.SQL("select i, repeat('x', 1000) from generate_series(1, 1000000) i")
    with connect(database) as connection, connect(database) as other:
        frames = copy_frames(connection, query, SCHEMA, table=TableName.parse("t"), flush_bytes=1000)
        next(frames)
        if how == "cut off":
            with socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
        else:
            other.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))

        with pytest.raises(DatabaseError) as caught:
            list(frames)

    assert caught.value.code == "PRV308"


def test_fewer_rows_than_the_server_sent_are_an_error(database: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "parse", lambda data, schema: pl.DataFrame({"i": [1]}))

    with connect(database) as connection, pytest.raises(DatabaseError) as caught:
        list(copy_frames(connection, NUMBERS, SCHEMA))

    assert caught.value.code == "PRV308"
    assert "20000 rows and 1 arrived" in str(caught.value)


def test_a_stream_that_is_left_frees_the_connection_and_aborts_the_transaction(database: Secret) -> None:
    with connect(database) as connection:
        connection.execute("begin")
        frames = copy_frames(connection, NUMBERS, SCHEMA, flush_bytes=100)
        next(frames)
        frames.close()

        assert connection.info.transaction_status == TransactionStatus.INERROR
        connection.execute("rollback")
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_query_that_is_refused_leaves_the_connection_usable(database: Secret) -> None:
    with connect(database) as connection:
        with pytest.raises(DatabaseError) as caught:
            list(copy_frames(connection, sql.SQL("select * from nowhere"), SCHEMA))
        assert connection.execute("select 1").fetchone() == (1,)

    assert caught.value.code == "PRV312"
