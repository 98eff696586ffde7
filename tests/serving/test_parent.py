"""The parent process: it replaces workers, stops without losing a request, and listens at the address it was given."""

import contextlib
import http.client
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from oauthsrv.serving import parent
from oauthsrv.serving.worker import DRAIN_SECONDS
from oauthsrv.setting_values import Listen
from serving.conftest import MEGABYTE, Running, Start, can_be_bound, eventually, is_there


def test_a_stop_returns_zero_and_closes_what_the_application_opened(start: Start) -> None:
    server = start()
    assert server.worker() != server.popen.pid
    assert server.stop() == 0
    assert server.rest() == ["closed", "returned"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_control_c_and_a_closed_terminal_stop_it_too(start: Start, number: signal.Signals) -> None:
    assert start().stop(number) == 0


def test_a_request_under_way_is_answered_after_the_stop(start: Start) -> None:
    server = start()
    connection = server.connect()
    connection.request("GET", "/slow")
    time.sleep(0.2)  # until the worker is at it, which nobody outside can see
    server.popen.send_signal(signal.SIGTERM)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("Connection") == "close"
    assert server.popen.wait(20) == 0


def test_a_large_answer_is_sent_to_its_last_byte_after_the_stop(start: Start) -> None:
    server = start()
    connection = server.connect()
    connection.request("GET", "/large")
    answer = connection.getresponse()
    answer.read(1000)
    server.popen.send_signal(signal.SIGTERM)
    time.sleep(0.5)  # the stop is well under way, which nobody outside can see
    assert 1000 + len(answer.read()) == 8 * MEGABYTE
    assert server.popen.wait(20) == 0


def ask_until_it_stops(server: Running, answered: list[int], broken: list[str], stopping: threading.Event) -> None:
    """Asks again and again on one connection; whatever is sent before the stop must be answered."""
    connection = server.connect()
    connection.connect()
    while True:
        was_stopping = stopping.is_set()
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            if not was_stopping:
                broken.append(repr(error))
            return
        answered.append(answer.status)
        if answer.getheader("Connection") == "close":
            return


def test_parallel_requests_during_a_stop_are_all_answered(start: Start) -> None:
    server = start(workers=2)
    answered: list[int] = []
    broken: list[str] = []
    stopping = threading.Event()
    threads = [
        threading.Thread(target=ask_until_it_stops, args=(server, answered, broken, stopping)) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5)  # so that the stop comes in the midst of them
    stopping.set()
    assert server.stop() == 0
    for thread in threads:
        thread.join()
    assert broken == []
    assert len(answered) > 16
    assert set(answered) == {200}


def test_connections_that_still_wait_to_be_accepted_are_answered_too(start: Start) -> None:
    server = start()
    worker = server.worker()
    os.kill(worker, signal.SIGSTOP)
    waiting = [server.connect() for _ in range(8)]
    for connection in waiting:
        connection.request("GET", "/")
    server.popen.send_signal(signal.SIGTERM)
    time.sleep(0.2)  # the stop has come to the worker that is held, which nobody outside can see
    os.kill(worker, signal.SIGCONT)
    assert [connection.getresponse().status for connection in waiting] == [200] * 8
    assert server.popen.wait(20) == 0


def test_an_idle_connection_does_not_hold_the_stop_up(start: Start) -> None:
    server = start()
    connection = server.connect()
    connection.request("GET", "/")
    connection.getresponse().read()
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < DRAIN_SECONDS / 2


def test_a_killed_worker_is_replaced(start: Start) -> None:
    server = start()
    first = server.worker()
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: server.worker() != first)
    assert server.stop() == 0


def test_a_worker_that_ends_by_itself_is_replaced_again_and_again(start: Start) -> None:
    server = start()
    for _ in range(6):
        with contextlib.suppress(OSError, http.client.HTTPException):
            server.get("/die")
        assert eventually(lambda: server.get().status == 200, 10)
    assert server.stop() == 0


def test_workers_that_die_at_their_start_are_given_up(start: Start) -> None:
    server = start(workers=2, make_app="raise RuntimeError('no')")
    assert server.popen.wait(20) == 1
    assert server.address == "returned"


def test_a_worker_that_fails_beside_one_that_serves_does_not_end_the_service(start: Start, tmp_path: Path) -> None:
    first_alone = f"os.mkdir({str(tmp_path / 'first')!r})"
    server = start(workers=2, make_app=first_alone)
    time.sleep(2)  # longer than a worker that fails at its start needs to be given up
    assert server.get().status == 200
    assert server.stop() == 0


def test_a_stop_during_the_start_of_a_worker_is_heard(start: Start) -> None:
    server = start(make_app="print('starting', flush=True); time.sleep(30)")
    assert server.address == "starting"
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 5


def test_workers_leave_at_once_when_their_parent_is_killed(start: Start) -> None:
    server = start(workers=3)
    workers: set[int] = set()
    assert eventually(lambda: len(workers.add(server.worker()) or workers) >= 2)
    server.popen.kill()
    server.popen.wait()
    assert eventually(lambda: not any(map(is_there, workers)), 2)
    assert eventually(lambda: can_be_bound(server.port), 2)


def test_a_killed_server_can_be_started_again_at_once(start: Start) -> None:
    server = start()
    connection = server.connect()
    connection.request("GET", "/slow")
    server.popen.kill()
    again = start(port=server.port)
    assert again.port == server.port
    assert again.get().status == 200


def test_an_address_in_use_is_refused_with_its_name(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start(port=port)
    assert server.address == (
        f"OAUTHSRV_LISTEN: cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Stop the process that listens there, or choose another port."
    )
    assert server.popen.wait(5) == 3


def test_an_address_that_is_being_left_is_waited_for() -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    threading.Timer(0.3, taken.close).start()
    with parent.bind(Listen("127.0.0.1", port)) as listener:
        assert listener.getsockname()[1] == port


def test_a_name_that_is_no_host_is_refused() -> None:
    with pytest.raises(parent.CannotListen, match=r"cannot listen on nowhere\.invalid:8000: "):
        parent.bind(Listen("nowhere.invalid", 8000))


def test_it_listens_on_ipv6(start: Start) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6: enable it on the loopback interface")
    server = start(host="::1")
    assert server.address == f"[::1]:{server.port}"
    assert server.get().status == 200


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin processes: use Linux")
def test_each_worker_has_one_cpu_and_others_have_different_ones(start: Start) -> None:
    allowed = os.sched_getaffinity(0)
    workers = min(2, len(allowed))
    server = start(workers=workers)
    seen: set[bytes] = set()
    assert eventually(lambda: len(seen.add(server.get("/cpus").read()) or seen) == workers)
    assert {f"[{cpu}]".encode() for cpu in allowed} >= seen
    assert os.sched_getaffinity(server.popen.pid) == allowed
