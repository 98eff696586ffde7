"""The queue of passwords: which is next, and which is refused (rule 13)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from oauthsrv import deadline
from oauthsrv.passwords.hashing import Passwords
from oauthsrv.passwords.queue import NETWORKS_KEPT, OFTEN, Busy, FairQueue, Job, RequestCounts, Standing


class Held:
    """A job that runs until it is let go."""

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> bool:
        self.began.set()
        return self.may_end.wait(10)


def performed(passwords: Passwords, address: str, work: Callable[[], Any] = lambda: True) -> dict[str, Any]:
    """In a thread of its own: the answer, or Busy."""
    outcome: dict[str, Any] = {}

    def ask() -> None:
        try:
            outcome["answer"] = passwords._perform(work, address)
        except Busy as busy:
            outcome["answer"] = busy

    outcome["thread"] = threading.Thread(target=ask)
    outcome["thread"].start()
    return outcome


def test_only_so_many_wait_and_the_others_are_refused_at_once(passwords: Passwords) -> None:
    held = Held()
    first = performed(passwords, "a", held)
    assert held.began.wait(5)
    others = [performed(passwords, "a") for _ in range(10)]
    deadline = time.monotonic() + 5
    while sum("answer" in other for other in others) < 7 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [type(other["answer"]) for other in others if "answer" in other] == [Busy] * 7
    held.may_end.set()
    for outcome in (first, *others):
        outcome["thread"].join(5)
    assert [other["answer"] for other in others].count(True) == 3


def test_after_a_close_all_are_refused() -> None:
    passwords = Passwords(4, cost=4)
    held = Held()
    running = performed(passwords, "a", held)
    assert held.began.wait(5)
    waiting = performed(passwords, "a")
    while passwords._queue._size() < 2:
        time.sleep(0.01)
    held.may_end.set()
    passwords.close()
    for outcome in (running, waiting):
        outcome["thread"].join(5)
        assert "answer" in outcome
    with pytest.raises(Busy):
        passwords.hash("correct horse")


def test_an_error_reaches_its_caller_and_the_thread_goes_on(passwords: Passwords) -> None:
    with pytest.raises(ValueError, match="salt"):
        passwords.verify("correct horse", "no hash at all")
    assert passwords.verify("correct horse", passwords.hash("correct horse"))


def jobs(*addresses: str) -> list[Job]:
    return [Job(lambda: None, address) for address in addresses]


def test_addresses_take_turns() -> None:
    queue = FairQueue(8)
    for job in jobs("a", "a", "a", "b", "c", "b"):
        assert queue.add(job) is None
    order = []
    while job := queue.take():
        order.append(job.address)
        queue.done()
    assert order == ["a", "b", "c", "a", "b", "a"]


def test_in_a_full_queue_the_newest_of_the_crowd_gives_way_to_who_has_fewer() -> None:
    queue = FairQueue(4)
    crowd = jobs("a", "a", "a", "a")
    assert [queue.add(job) for job in crowd] == [None] * 4
    newcomer, second, third = jobs("b", "b", "b")
    assert queue.add(newcomer) is crowd[3]
    assert queue.add(second) is crowd[2]
    assert queue.add(third) is third, "two each: nobody has to give way anymore"
    (also,) = jobs("a")
    assert queue.add(also) is also


def test_who_came_first_is_not_pushed_out_by_one_of_each() -> None:
    queue = FairQueue(3)
    first = jobs("a", "b", "c")
    assert [queue.add(job) for job in first] == [None] * 3
    (late,) = jobs("d")
    assert queue.add(late) is late


def test_who_is_running_counts_and_is_never_pushed_out() -> None:
    queue = FairQueue(2)
    running, waiting = jobs("a", "a")
    queue.add(running)
    queue.add(waiting)
    assert queue.take() is running
    (newcomer,) = jobs("b")
    assert queue.add(newcomer) is waiting
    (later,) = jobs("c")
    assert queue.add(later) is later
    queue.done()
    assert queue.add(later) is None


def of(address: str, standing: Standing = Standing.NEW) -> Job:
    return Job(lambda: None, address, standing)


def order(queue: FairQueue) -> list[str]:
    served = []
    while job := queue.take():
        served.append(job.address)
        queue.done()
    return served


def test_networks_take_turns_and_the_addresses_within_them() -> None:
    queue = FairQueue(8)
    for net in ("2001:db8:1:1::/64", "2001:db8:1:2::/64", "2001:db8:1:1::/64", "192.0.2.1", "2001:db8:2:1::/64"):
        assert queue.add(of(net)) is None
    one, two = "2001:db8:1:1::/64", "2001:db8:1:2::/64"
    assert order(queue) == [one, "192.0.2.1", "2001:db8:2:1::/64", two, one]


def test_rule_13_forty_networks_of_one_holder_have_the_places_of_one() -> None:
    queue = FairQueue(8)
    for net in range(8):
        queue.add(of(f"2001:db8:1:{net:x}::/64"))
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8:2::/64"):
        leaving = queue.add(of(address))
        assert leaving is not None
        assert leaving.network == "2001:db8:1::/48"
    assert order(queue)[1:4] == ["192.0.2.1", "192.0.2.2", "2001:db8:2::/64"]


def test_rule_13_who_failed_lately_gives_way_to_who_did_not() -> None:
    queue = FairQueue(8)
    for host in range(8):
        queue.add(of(f"198.51.100.{host}", Standing.SUSPECT))
    leaving = queue.add(of("192.0.2.1"))
    assert leaving is not None
    assert leaving.standing is Standing.SUSPECT
    assert queue.add(late := of("198.51.100.99", Standing.SUSPECT)) is late
    assert order(queue)[0] == "192.0.2.1"


def test_rule_13_who_asks_all_the_time_gives_way_to_who_does_not() -> None:
    """Also before a single one of them has failed."""
    queue = FairQueue(8)
    for _ in range(OFTEN + 1):
        for net in range(40):
            queue.add(of(f"2001:db8:{net:x}:1::/64"))
    leaving = queue.add(of("192.0.2.1"))
    assert leaving is not None
    assert leaving.address != "192.0.2.1"
    assert order(queue)[0] == "192.0.2.1"


def test_the_count_of_requests_is_forgotten_after_a_minute() -> None:
    counts, job = RequestCounts(), of("192.0.2.1")
    for _ in range(3):
        counts.add(job)
    for seconds, expected in ((20, 4), (31, 5), (31, 2), (200, 1)):
        job.added_at += seconds
        counts.add(job)
        assert counts.of(job.network) == expected


def test_rule_16_the_counts_of_requests_are_bounded() -> None:
    counts = RequestCounts()
    for number in range(3 * NETWORKS_KEPT):
        counts.add(of(str(number)))
    assert len(counts._now) + len(counts._before) <= 2 * NETWORKS_KEPT


def test_rule_13_there_is_a_place_for_browsers_that_are_known() -> None:
    queue = FairQueue(8)
    for host in range(8):
        assert queue.add(of(f"198.51.100.{host}")) is None
    for host in range(2):
        assert queue.add(of(f"192.0.2.{host}", Standing.KNOWN)) is None
    assert queue.add(third := of("192.0.2.3", Standing.KNOWN)) is third
    assert order(queue)[:2] == ["192.0.2.0", "192.0.2.1"]


def test_rule_13_known_browsers_of_one_network_do_not_keep_others_waiting() -> None:
    queue = FairQueue(8)
    for _ in range(4):
        queue.add(of("198.51.100.1", Standing.KNOWN))
    queue.add(of("192.0.2.1"))
    assert order(queue)[:2] == ["198.51.100.1", "192.0.2.1"]


def test_rule_8_whoever_will_not_be_served_in_time_is_refused_at_once() -> None:
    queue = FairQueue(8)
    with deadline.within(50):
        waiting = [of(f"192.0.2.{host}") for host in range(8)]
    for job in waiting:
        queue.add(job)
    queue.take(14.0)
    assert queue.late(14.0) == waiting[3:], "three end within 49.8 seconds"
    assert queue.late(0.5) == []


def test_on_a_machine_where_a_hash_takes_longer_than_anybody_waits_one_at_a_time_is_served() -> None:
    queue = FairQueue(8)
    with deadline.within(20):
        first, second = of("192.0.2.1"), of("192.0.2.2")
    queue.add(first)
    assert queue.late(60.0) == []
    queue.add(second)
    assert queue.late(60.0) == [second]
    assert queue.take(60.0) is first


def test_rule_8_the_thousandth_who_asks_is_refused_within_two_seconds() -> None:
    passwords = Passwords(1000, cost=10)
    seconds: list[float] = []

    def ask(host: int) -> None:
        began = time.monotonic()
        try:
            with deadline.within(1.8):
                passwords.hash("correct horse", f"10.0.{host // 250}.{host % 250}")
        except Busy:
            seconds.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask, args=(host,)) for host in range(300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passwords.close()
    assert len(seconds) > 200, "sixty milliseconds each"
    assert max(seconds) < 10, "1.8 on a machine that does nothing else"


def test_rule_8_nobody_waits_for_a_hash_longer_than_for_anything_else(passwords: Passwords) -> None:
    held = Held()
    with deadline.within(0.5), pytest.raises(Busy):
        passwords._perform(held, "a")
    held.may_end.set()
    assert passwords.verify("correct horse", passwords.hash("correct horse"))


def test_rule_8_what_an_attempt_asks_the_stores_for_has_the_time_of_its_request(passwords: Passwords) -> None:
    with deadline.within(20):
        assert passwords._perform(deadline.left, "a") <= 20
    assert passwords._perform(deadline.is_set, "a")


@pytest.mark.parametrize("addresses", [[f"2001:db8:1:{net:x}::/64" for net in range(40)], ["198.51.100.1"] * 40])
def test_rule_13_forty_networks_do_not_keep_everybody_out(addresses: list[str]) -> None:
    """As many at once from each of them as fit; the one from elsewhere is never refused."""
    passwords = Passwords(8, cost=7)
    kept = passwords.hash("correct horse")
    stop = threading.Event()

    def flood(address: str) -> None:
        while not stop.is_set():
            try:
                passwords.verify("wrong horse", kept, address)
            except Busy:
                time.sleep(0.005)

    threads = [threading.Thread(target=flood, args=(address,)) for address in addresses]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            assert passwords.verify("correct horse", kept, "203.0.113.9")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        passwords.close()


def test_rule_13_a_flood_from_one_address_does_not_keep_another_out() -> None:
    passwords = Passwords(8, cost=8)
    kept = passwords.hash("correct horse")
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            try:
                passwords.verify("wrong horse", kept, "198.51.100.1")
            except Busy:
                time.sleep(0.001)

    threads = [threading.Thread(target=flood) for _ in range(32)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            assert passwords.verify("correct horse", kept, "203.0.113.9")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        passwords.close()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_the_thread_is_free_to_run_on_any_cpu_and_lets_others_go_first() -> None:
    allowed = os.sched_getaffinity(0)
    seen: dict[str, Any] = {}

    def look() -> None:
        seen["cpus"] = os.sched_getaffinity(0)
        seen["niceness"] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    passwords = Passwords(4, cost=4)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        passwords._perform(look, "a")
    finally:
        os.sched_setaffinity(0, allowed)
        passwords.close()
    assert seen["cpus"] == allowed
    assert seen["niceness"] > 0
