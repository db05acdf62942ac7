"""Strict readers of both text formats: anything that a scraper might stumble over is an error."""
import re
from dataclasses import dataclass, field

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_META = re.compile(rf"# (HELP|TYPE|UNIT) ({_NAME})(?: (.*))?")
_SAMPLE = re.compile(rf"({_NAME})(\{{.*\}})? (\S+)(?: # .*)?")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\}$)')
_TEXT_TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
_OPEN_TYPES = {"counter", "gauge", "histogram", "gaugehistogram", "summary", "stateset", "info",
               "unknown"}
# What a family's samples may be called, behind its name.
_SUFFIXES = {"histogram": {"_bucket", "_sum", "_count"}, "summary": {"", "_sum", "_count"}}
_OPEN_SUFFIXES = {**{k: v | {"_created"} for k, v in _SUFFIXES.items()},
                  "counter": {"_total", "_created"}, "info": {"_info"},
                  "gaugehistogram": {"_bucket", "_gsum", "_gcount"}}


@dataclass
class Family:
    name: str
    type: str = ""
    help: str = ""
    samples: dict = field(default_factory=dict)  # (sample name, ((label, value), ...)) -> value


class Page:
    def __init__(self, families):
        self.families = families
        self.seconds = None

    def series(self):
        """{(name, labels)}, each labels a sorted tuple of pairs."""
        return {key for family in self.families.values() for key in family.samples}

    def names(self, prefix=""):
        """The families' names that begin so and have samples."""
        return {f.name for f in self.families.values() if f.samples and f.name.startswith(prefix)}

    def values(self, name, **labels):
        """{labels: value} of the samples of this name that have these labels."""
        return {key[1]: value for family in self.families.values()
                for key, value in family.samples.items()
                if key[0] == name and labels.items() <= dict(key[1]).items()}

    def value(self, name, **labels):
        found = self.values(name, **labels)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} samples of {name}{labels}: {found}")
        return next(iter(found.values()))


def _labels(text, line):
    pairs, at = [], 1
    while text and at < len(text) and text[at:] != "}":
        match = _LABEL.match(text, at)
        if not match:
            raise AssertionError(f"labels: {line}")
        pairs.append((match.group(1), match.group(2)))
        at = match.end()
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise AssertionError(f"a label twice: {line}")
    return tuple(sorted(pairs))


class _Reader:
    def __init__(self, types, suffixes):
        self._types, self._suffixes = types, suffixes
        self.families, self._current = {}, None

    def meta(self, line):
        match = _META.fullmatch(line)
        if not match:
            raise AssertionError(f"comment: {line}")
        kind, name, text = match.groups()
        if self._current is None or self._current.name != name:
            if name in self.families:
                raise AssertionError(f"{name} comes in two places")
            self._current = self.families[name] = Family(name)
        if self._current.samples or (kind == "TYPE" and self._current.type):
            raise AssertionError(f"too late or twice: {line}")
        if kind == "HELP":
            self._current.help = text or ""
        if kind == "TYPE":
            if text not in self._types:
                raise AssertionError(f"type: {line}")
            self._current.type = text

    def sample(self, line):
        match = _SAMPLE.fullmatch(line)
        if not match:
            raise AssertionError(f"sample: {line}")
        name, labels, value = match.groups()
        family = self._current
        allowed = self._suffixes.get(family.type, {""}) if family else ()
        if not family or not name.startswith(family.name) or \
                name.removeprefix(family.name) not in allowed:
            raise AssertionError(f"a sample that does not belong to the family before it: {line}")
        key = (name, _labels(labels, line))
        if key in family.samples:
            raise AssertionError(f"a series twice: {line}")
        family.samples[key] = float(value)


def _parse(lines, types, suffixes):
    reader = _Reader(types, suffixes)
    for line in lines:
        if line.startswith("#"):
            reader.meta(line)
        else:
            reader.sample(line)
    return Page(reader.families)


def parse_text(text):
    """Text format 0.0.4."""
    if not text.endswith("\n"):
        raise AssertionError("the page does not end with a line feed")
    return _parse(text.split("\n")[:-1], _TEXT_TYPES, _SUFFIXES)


def parse_openmetrics(text):
    """OpenMetrics 1.0.0."""
    if not text.endswith("# EOF\n") or text.count("# EOF\n") != 1:
        raise AssertionError("the page does not end with # EOF")
    return _parse(text.removesuffix("# EOF\n").split("\n")[:-1], _OPEN_TYPES, _OPEN_SUFFIXES)
