"""Which CPU each worker runs on."""

import contextlib
import logging
import os
import random
from collections import Counter
from collections.abc import Collection
from pathlib import Path

log = logging.getLogger(__name__)

INTERRUPTS = Path("/proc/interrupts")  # some containers hide it, and other kernels write it differently
MUCH = 1.5  # of two CPUs, one has so much more than its share if it handles three times as many as the other


def choose() -> list[int]:
    """The CPUs that this process may use, in the order in which workers take them; empty where none can be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    handled: Counter[int] = Counter()
    with contextlib.suppress(OSError, ValueError):
        handled = interrupts(INTERRUPTS.read_text())
    return in_order(os.sched_getaffinity(0), handled)


def in_order(cpus: Collection[int], handled: Counter[int]) -> list[int]:
    """A random order, as other servers choose too, with those last that handle far more than their share of interrupts.

    PostgreSQL waits for the disk at each commit, and goes on where the disk's interrupt was handled: on the CPU of a
    worker, it interrupts that too, and a refresh takes up to a quarter more CPU time.
    """
    share = sum(handled[cpu] for cpu in cpus) / len(cpus)
    return sorted(random.sample(list(cpus), len(cpus)), key=lambda cpu: handled[cpu] > MUCH * share)


def interrupts(table: str) -> Counter[int]:
    """The interrupts of devices that each CPU has handled since the machine's start, out of /proc/interrupts.

    Raises ValueError if it is written differently.
    """
    heads, *rows = table.splitlines() or [""]
    cpus = [int(head.removeprefix("CPU")) for head in heads.split()]
    handled: Counter[int] = Counter()
    for row in rows:
        number, *cells = row.split()
        if number.rstrip(":").isdigit():  # other rows count what CPUs do to each other, and timers
            handled.update(dict(zip(cpus, map(int, cells[: len(cpus)]), strict=True)))
    return handled


def pin(cpus: list[int], number: int) -> None:
    """Keep all threads on one CPU: across several they contend for the interpreter's lock, ten times as slow.

    With batch scheduling, a thread that gets a request does not interrupt the one that holds the lock, only to wait.
    """
    if not cpus:
        return
    try:
        os.sched_setaffinity(0, {cpus[number % len(cpus)]})
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError as error:
        log.warning("not pinned to a CPU: %s", error)
