"""CPU time and memory of running processes with their children, as Linux tells them; elsewhere there are none."""

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def cpu_seconds(pid: int) -> float | None:
    """User and system time, of children that have ended too."""
    if not PROC.is_dir():
        return None
    ticks = (sum(map(int, fields(one)[11:15])) for one in tree(pid))
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int | None:
    """Bytes; a page that several processes share counts once (PSS)."""
    if not PROC.is_dir():
        return None
    return sum(proportional_bytes(one) for one in tree(pid))


def proportional_bytes(pid: int) -> int:
    try:
        lines = (PROC / f"{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def tree(pid: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for one in (int(path.name) for path in PROC.iterdir() if path.name.isdigit()):
        if found := fields(one):
            children.setdefault(int(found[1]), []).append(one)
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        if fields(one):
            yield one
        waiting += children.get(one, [])


def fields(pid: int) -> list[str]:
    """Those of /proc/PID/stat after the name, which may contain anything; none if the process is gone."""
    try:
        return (PROC / f"{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
