#!/usr/bin/env python3
"""expected_series.py URL SECONDS: asks a Prometheus for the series that the quickstart promises.

Asks until all are there, at most so many seconds, then prints the answers as a table. Exit code: 0
all are there, 1 some are not (the table says which).
"""
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

REQUEST_SECONDS_MAX = 5

# (question in PromQL, what the answer must be, the rule). Every series of an answer must obey.
EXPECTED = [
    ('up{job="pillion"}', "1", lambda value: value == 1),
    ("pg_up", "1", lambda value: value == 1),
    ("redis_up", "1", lambda value: value == 1),
    ('pillion_instance_up{instance_name="orders_db"}', "1", lambda value: value == 1),
    ('pillion_instance_up{instance_name="cache"}', "1", lambda value: value == 1),
    ('sum(rate(pg_stat_database_xact_commit{datname="postgres"}[10s]))', "> 0", lambda value: value > 0),
    ('pg_database_size_bytes{datname="postgres"}', "> 0", lambda value: value > 0),
    ('sum(pg_stat_user_tables_n_live_tup{relname="pgbench_accounts"})', "> 0", lambda value: value > 0),
    ("rate(redis_commands_processed_total[10s])", "> 0", lambda value: value > 0),
    ("redis_memory_used_bytes", "> 0", lambda value: value > 0),
    ('redis_db_keys{db="db0"}', "> 0", lambda value: value > 0),
    ('scrape_samples_scraped{job="pillion"}', "> 500", lambda value: value > 500),
    ('min_over_time(up{job="pillion"}[20s])', "1", lambda value: value == 1),
]


def ask(url, question):
    """The values of an answer, or why there is none."""
    query = f"{url}/api/v1/query?" + urllib.parse.urlencode({"query": question})
    try:
        with urllib.request.urlopen(query, timeout=REQUEST_SECONDS_MAX) as answer:
            result = json.load(answer)["data"]["result"]
    except (OSError, ValueError, KeyError) as error:
        return [], f"Prometheus did not answer: {error}"
    values = [float(series["value"][1]) for series in result]
    return values, "" if values else "no such series"


def ask_all(url):
    """[(question, wanted, answer as text, is it right)]"""
    rows = []
    for question, wanted, rule in EXPECTED:
        values, problem = ask(url, question)
        text = problem or ", ".join(f"{value:.10g}" for value in values)
        rows.append((question, wanted, text, bool(values) and all(map(rule, values))))
    return rows


def main():
    url, seconds = sys.argv[1], float(sys.argv[2])
    deadline = time.monotonic() + seconds
    rows = ask_all(url)
    while not all(row[3] for row in rows) and time.monotonic() < deadline:
        time.sleep(0.5)
        rows = ask_all(url)
    width = max(len(row[0]) for row in rows)
    print(f"    {'PromQL'.ljust(width)}  {'wanted':6}  answer")
    for question, wanted, text, right in rows:
        print(f"    {question.ljust(width)}  {wanted:6}  {text}{'' if right else '   <-- not as expected'}")
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
