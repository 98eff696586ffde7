"""oauthsrv bench: measure this server on temporary databases; bench fill: fill databases to measure on."""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from oauthsrv import __version__
from oauthsrv.commands import Refused, in_columns, opened
from oauthsrv.commands.progress import Line
from oauthsrv.commands.serve import stoppable
from oauthsrv.config import Settings

if TYPE_CHECKING:
    from oauthsrv.bench.measuring import Supply
    from oauthsrv.bench.site import Site
    from oauthsrv.bench.works import Work
    from oauthsrv.server import Server

MIB = 1 << 20


def run(args: argparse.Namespace, settings: Settings) -> int:
    from oauthsrv.bench.site import temporary_site

    works = chosen(args.works)
    line = Line()
    with stoppable(), temporary_site(settings.workers, settings.threads) as site:
        result = measure(site, works, args, line)
    line.remove()
    print(json.dumps(result) if args.json else "\n".join(table(result, works)))
    failed = [work for work in works if result["works"][work.name]["failed"]]
    for work in failed:
        print(f"oauthsrv: {work.title} failed: {result['works'][work.name]['first_failure']}", file=sys.stderr)
    return 1 if failed else 0


def chosen(names: str | None) -> "list[Work]":
    from oauthsrv.bench.works import WORKS

    known = {work.name: work for work in WORKS}
    wanted = names.split(",") if names else list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise Refused(f"--works: {unknown[0]!r} is not one of {', '.join(known)}.")
    return [known[name] for name in wanted]


def measure(site: "Site", works: "list[Work]", args: argparse.Namespace, line: Line) -> dict[str, Any]:
    from oauthsrv.bench.measured_app import MeasuredApp
    from oauthsrv.bench.measuring import Bench, Cost, Supply
    from oauthsrv.bench.works import REDIRECT_URI, SCOPE

    with opened(site.settings) as server:
        server.database.waits_for_disk = False
        MeasuredApp(server, SCOPE, REDIRECT_URI).make()
        fill_first(server, args.families, line)
        supply = Supply(server, works, args.connections, args.seconds)
        for number, _ in enumerate(supply.make(), 1):
            if number % 100 == 0:
                line.show(number / len(supply), "making tokens and codes")
        bench = Bench(site, server, supply, args.connections, args.seconds)
        line.show(0, "counting round trips")
        with site.logging_statements(), site.serving():
            trips = {work.name: bench.trips(work) for work in works}
        costs: dict[str, Any] = {}
        with site.serving() as cold:
            for number, work in enumerate(works):
                for found in bench.cost(work, trips[work.name]):
                    if isinstance(found, Cost):
                        costs[work.name] = found._asdict()
                    else:
                        line.show((number + min(1, found / args.seconds)) / len(works), work.title)
            memory = site.memory()
        return {
            "version": __version__,
            "python": sys.version.split()[0],
            "cpus": os.cpu_count(),
            "workers": site.settings.workers,
            "threads": site.settings.threads,
            "connections": args.connections,
            "seconds": args.seconds,
            "families": args.families,
            "cold_start_seconds": round(cold, 2),
            "memory_mib": memory and round(memory / MIB, 1),
            "works": costs,
            "bytes": sizes(server, supply),
        }


def fill_first(server: "Server", families: int, line: Line) -> None:
    from oauthsrv.bench.fill import fill as filling

    if families:
        for part in filling(server, families):
            line.show(part, f"filling: {families:,} families")


def sizes(server: "Server", supply: "Supply") -> dict[str, int]:
    """Bytes: of rows with their indexes in PostgreSQL, of a code and of an access token with its marker in Redis."""
    from oauthsrv.store.database import reading, sql

    with reading(server.database) as db:
        sql.bench.analyze(db)
        rows = {row.name: row.bytes for row in sql.bench.sizes(db)}
    return rows | {kind: supply.bytes[kind] for kind in ("access", "code") if kind in supply.bytes}


HEADS = ("", "a second", "p50 ms", "p99 ms", "CPU µs", "of PostgreSQL", "of Valkey", "trips PostgreSQL", "trips Redis")


def table(result: dict[str, Any], works: "list[Work]") -> list[str]:
    rows: list[tuple[object, ...]] = [HEADS]
    for work in works:
        cost = list(result["works"][work.name].values())[: len(HEADS) - 1]
        rows.append((work.title, *("-" if value is None else f"{value:,}" for value in cost)))
    lines = in_columns(rows)
    lines.append(
        f"\nstart {result['cold_start_seconds']} s, memory {result['memory_mib'] or '-'} MiB; "
        f"{result['workers']} worker(s) on {result['cpus']} CPUs, {result['connections']} connections"
    )
    stored = ", ".join(f"{kind} {size:,}" for kind, size in result["bytes"].items())
    return [*lines, f"bytes: {stored}"] if stored else lines


def fill(args: argparse.Namespace, settings: Settings) -> None:
    from oauthsrv.bench.fill import HoldsUsers, rounded
    from oauthsrv.bench.fill import fill as filling

    families = rounded(args.families)
    line = Line()
    try:
        with opened(settings) as server:
            for part in filling(server, families):
                line.show(part, f"{int(families * part):,} of {families:,} families")
    except HoldsUsers:
        raise Refused(
            "these databases have users that bench did not add, so they are not filled. "
            "Use others, for example with OAUTHSRV_DATA_DIR=bench"
        ) from None
    finally:
        line.remove()
    print(f"Added {families:,} families.")
