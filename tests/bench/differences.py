"""Which families and series a peer emits that we don't, and which values differ beyond time."""
import fnmatch
from pathlib import Path

# Of the exporter's own process and client library; ours have names of their own.
_PEERS_OWN = ("go_*", "process_*", "promhttp_*", "*_exporter_build_info", "*_build_info")


def known_reasons():
    """[(pattern, reason)] of known_differences.tsv."""
    lines = Path(__file__).with_name("known_differences.tsv").read_text().splitlines()
    return [tuple(line.split("\t", 1)) for line in lines if line and not line.startswith("#")]


def reason_for(name, known):
    for pattern, reason in known:
        if fnmatch.fnmatchcase(name, pattern):
            return reason
    return ""


def _flat(page):
    """{name: {labels without `server`: value}}, and {name: type}. postgres_exporter 0.11 puts a
    `server` label on everything; newer ones don't."""
    series, types = {}, {}
    for family in page.families.values():
        for (name, labels), value in family.samples.items():
            key = tuple(pair for pair in labels if pair[0] != "server")
            series.setdefault(name, {})[key] = value
            types[name] = family.type
    return series, types


def _is_ours_to_have(name):
    return not any(fnmatch.fnmatchcase(name, pattern) for pattern in _PEERS_OWN)


def compare(before, ours, after):
    """Three pages scraped in this order: the peer's, ours, the peer's again. Returns
    (missing families, {family: missing series}, {series: (peer, ours, peer)})."""
    peer1, types = _flat(before)
    mine, _ = _flat(ours)
    peer2, _ = _flat(after)
    missing_families, missing_series, values = [], {}, {}
    for name in sorted(filter(_is_ours_to_have, peer1)):
        if name not in mine:
            missing_families.append(name)
            continue
        for key, first in peer1[name].items():
            second = peer2.get(name, {}).get(key)
            if second is None:
                continue  # it comes and goes
            if key not in mine[name]:
                missing_series.setdefault(name, []).append(key)
                continue
            got = mine[name][key]
            if types[name] == "counter" or name.endswith(("_bucket", "_count", "_sum")):
                fits = min(first, second) <= got <= max(first, second)
            else:  # a gauge that stood still between the peer's two scrapes
                fits = first != second or got == first
            if not fits and not (got != got and first != first):
                values[(name, key)] = (first, got, second)
    return missing_families, missing_series, values
