"""Which CPU a worker gets: at random, but rather none that handles the disk's interrupts."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oauthsrv.serving import cpus

ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

# As Linux prints it: CPU 2 is switched off, and all of the disk's interrupts go to CPU 1.
TABLE = """\
           CPU0       CPU1       CPU3
 24:          7          0          0  IO-APIC   5-edge      ACPI:Ged
 36:          0     281461          0  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0
 41:       1103          0        900  PCI-MSIX-0000:00:04.0   1-edge      virtio3-rx
NMI:          0          0          0  Non-maskable interrupts
LOC:   99999999      10246   88888888  Local timer interrupts
ERR:          0
"""


def orders(allowed: set[int], table: str = TABLE) -> set[tuple[int, ...]]:
    return {tuple(cpus.in_order(allowed, cpus.interrupts(table))) for _ in range(200)}


def test_only_interrupts_of_devices_count() -> None:
    assert cpus.interrupts(TABLE) == {0: 1110, 1: 281461, 3: 900}


def test_the_cpu_that_serves_the_disk_is_taken_last_and_the_others_at_random() -> None:
    assert orders({0, 1, 3}) == {(0, 3, 1), (3, 0, 1)}


def test_a_small_difference_decides_nothing() -> None:
    assert orders({0, 3}) == {(0, 3), (3, 0)}


def test_the_shares_are_of_the_cpus_that_this_process_may_use() -> None:
    assert orders({1, 3}) == {(3, 1)}


def test_where_nothing_is_said_of_interrupts_any_order_may_come() -> None:
    for table in ("", "\n", "           CPU0       CPU1       \n"):
        assert orders({0, 1}, table) == {(0, 1), (1, 0)}


def test_the_only_cpu_is_taken() -> None:
    assert orders({1}) == {(1,)}


ODD = {
    "missing": None,
    "empty": "",
    "cut in a row": TABLE[:60],
    "other words": "Interrupts of this machine\n 24: none\n",
    "too few cells": "  CPU0  CPU1\n 24: 7\n",
    "no text": "\udcff",
}


@pytest.mark.parametrize("name", ODD)
def test_however_odd_the_table_every_cpu_that_may_be_used_is_in_the_order(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpus, "INTERRUPTS", tmp_path / "interrupts")
    if (text := ODD[name]) is not None:
        (tmp_path / "interrupts").write_text(text, errors="surrogateescape")
    every_cpu_is_in_the_order()


def test_every_cpu_of_this_machine_that_may_be_used_is_in_the_order() -> None:
    every_cpu_is_in_the_order()


def every_cpu_is_in_the_order() -> None:
    assert sorted(cpus.choose()) == sorted(ALLOWED)


def test_the_order_is_that_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpus, "INTERRUPTS", tmp_path / "interrupts")
    for busy in ALLOWED:
        heads = " ".join(f"CPU{cpu}" for cpu in ALLOWED)
        handled = " ".join("9" if cpu == busy else "0" for cpu in ALLOWED)
        cpus.INTERRUPTS.write_text(f"{heads}\n 36: {handled} virtio1-req.0\n")
        assert {cpus.choose()[-1] for _ in range(20)} == {busy}


def test_workers_take_the_cpus_in_their_order() -> None:
    for order in (ALLOWED, ALLOWED[::-1]):
        for number in range(2 * len(order)):
            assert affinity_after(lambda pinned=order, of=number: cpus.pin(pinned, of)) == {order[number % len(order)]}


def affinity_after(pin: Callable[[], None]) -> set[int]:
    """Of a thread that pins itself: a CPU is chosen for the calling thread alone."""

    def pinned() -> set[int]:
        pin()
        return os.sched_getaffinity(0)

    with ThreadPoolExecutor(1) as one:
        return one.submit(pinned).result()
