"""Run by freshness.sh. See there."""
import os
import subprocess
import sys
from pathlib import Path

import plot

_HERE = Path(__file__).resolve().parent
_BUILD = Path(os.environ["PILLION_BUILD"])
_BEGIN, _END = "<!-- simulation -->\n", "<!-- end of the simulation -->\n"
_SERVERS = {"pillion": "Pillion", "cache": "cache on a timer", "scrape-time": "reads at the scrape"}


def simulate():
    """[{column: text}], one for each scenario and server."""
    lines = subprocess.run(
        [_BUILD / "tests/bench/freshness/freshness_simulate", "--days", "7", "--recordings",
         _HERE / "recordings"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"))) for line in lines[1:]]


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def duration(text):
    """Seconds as a person writes them, two or three digits."""
    seconds = float(text)
    if seconds < 0.0005:
        return "0" if seconds < 0.00005 else f"{seconds * 1000:.1f} ms"
    if seconds < 0.0995:
        return f"{seconds * 1000:.{1 if seconds < 0.00995 else 0}f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


def percent(text, digits=1):
    return f"{float(text) * 100:.{digits}f} %"


def cells(row):
    return [percent(row["at_once"]), duration(row["wait_p99"]), duration(row["age_p50"]),
            duration(row["age_p99"]), f'{float(row["polls_per_scrape"]):.3f}']


_CELLS = ["at once", "wait p99", "age p50", "age p99", "polls per scrape"]


def errors(row):
    return [percent(row[name], 2) for name in ("steady_p99", "steady_max", "wave_p99", "wave_max")]


def bound(row):
    """How far the age is from what it may be: the tightest answer at the 99th percentile."""
    excess = float(row["age_excess_p99"])
    return f"{duration(abs(excess))} {'over' if excess > 0 else 'under'}"


def side_by_side(rows):
    """All three servers, for the scrapers that matter, at 15 s."""
    chosen = [r for r in rows if r["recorded"] == "0" and r["interval"] == "15"
              and r["cost"] in ("0.030", "1.000")]
    return table(
        ["scrapers, 15 s", "poll", "server", *_CELLS, "rate p99", "rate max", "wave p99",
         "wave max"],
        [[r["scenario"], duration(r["cost"]), _SERVERS[r["server"]], *cells(r), *errors(r)]
         for r in chosen])


def ours(rows):
    return table(
        ["scrapers", "interval", "poll", *_CELLS, "p99 of the age and its bound"],
        [[r["scenario"], f'{r["interval"]} s', duration(r["cost"]), *cells(r), bound(r)]
         for r in rows if r["recorded"] == "0" and r["server"] == "pillion"])


def recorded(rows):
    def waited(row):
        return round((1 - float(row["at_once"])) * int(row["scrapes"]))
    return table(
        ["recording", "poll", "scrapes", "waited", *_CELLS[1:]],
        [[r["scenario"].replace("_", " "), duration(r["cost"]), r["scrapes"], str(waited(r)),
          *cells(r)[1:]]
         for r in rows if r["recorded"] == "1" and r["server"] == "pillion"])


def report(rows):
    return (f"\n{side_by_side(rows)}\nRecordings of real servers, replayed seven times with other polls, Pillion alone:\n\n"
            f"{recorded(rows)}\n<details><summary>All models, Pillion alone</summary>\n\n"
            f"{ours(rows)}\n</details>\n\n")


def main():
    rows = simulate()
    text, picture = report(rows), plot.ages(rows, _SERVERS)
    print(text)
    if "--write" in sys.argv[1:]:
        readme = _HERE / "README.md"
        before, rest = readme.read_text().split(_BEGIN)
        readme.write_text(before + _BEGIN + text + _END + rest.split(_END)[1])
        target = _HERE / "ages.svg"
    else:
        target = _BUILD / "ages.svg"
    target.write_text(picture)
    print(f"{target} is written", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
