from __future__ import annotations

import os
import signal
import subprocess

from provision.servers.process import Process, process, start_of


def test_a_process_of_the_same_number_and_another_start_is_not_signalled():
    sleeper = subprocess.Popen(["/bin/sleep", "60"])
    try:
        Process(sleeper.pid, "another start").signal(signal.SIGKILL)
        assert sleeper.poll() is None

        process(sleeper.pid).signal(signal.SIGKILL)
        assert sleeper.wait(timeout=10) == -signal.SIGKILL
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_process_that_ended_and_was_not_collected_is_not_alive():
    ending = subprocess.Popen(["/bin/sleep", "60"])
    one = process(ending.pid)
    assert one.alive()

    os.kill(ending.pid, signal.SIGKILL)

    assert one.ended(seconds=10)  # though nobody waited for it yet
    ending.wait()
    one.signal(signal.SIGTERM)  # no error


def test_there_is_no_process_without_a_number():
    assert start_of(2**22 + 1) is None
    assert process(0) is None
    assert process(-1) is None
