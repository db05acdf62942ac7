"""Reads a page in protobuf with protoc and the schema that Prometheus' clients share.

What comes out is a page.Page with the samples that Prometheus makes of each family, so that it can
be compared with the other formats; native histograms and exemplars lie beside.
"""
import ast
import math
import re
import subprocess
import tempfile
import unittest
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from page import Family, Page
from sandbox import executable

SCHEMA_DIR = Path("/usr/share/gocode/src/github.com/prometheus/client_model")
_SCHEMA = "io/prometheus/client/metrics.proto"
# A page is a run of messages, each behind its length: with a tag before each it is one message.
_WRAPPER = f"""syntax = "proto2";
import "{_SCHEMA}";
message Page {{ repeated io.prometheus.client.MetricFamily family = 1; }}
"""
_TIMESTAMP = """syntax = "proto3";
package google.protobuf;
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
"""
_TOKEN = re.compile(r'\s*(?:([A-Za-z0-9_]+)(:| \{)|(\})|("(?:[^"\\]|\\.)*")|([^\s{}"]+))')


@dataclass
class Histogram:
    """A native one: {upper bound: count of the bucket}, the zero bucket apart."""
    schema: int
    zero_threshold: float
    zero_count: float
    count: float
    sum: float
    integers: bool
    buckets: dict = field(default_factory=dict)


class ProtobufPage(Page):
    def __init__(self, families):
        super().__init__(families)
        self.natives = {}    # (family name, labels) -> Histogram
        self.exemplars = {}  # (sample name, labels) -> (labels, value, seconds or None)


def need():
    """Skips the test if protoc or the schema is not there."""
    executable("protoc", "protobuf-compiler")
    if not (SCHEMA_DIR / _SCHEMA).exists():
        raise unittest.SkipTest("apt:golang-github-prometheus-client-model-dev is missing")


def split(data):
    """The messages of a page."""
    messages, at = [], 0
    while at < len(data):
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if at + size > len(data):
            raise AssertionError("the last message is cut off")
        messages.append(data[at:at + size])
        at += size
    return messages


def _varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def _decode(data):
    """protoc's text of the page."""
    wrapped = b"".join(b"\x0a" + _varint(len(m)) + m for m in split(data))
    with tempfile.TemporaryDirectory() as temp:
        (Path(temp) / "page.proto").write_text(_WRAPPER)
        (Path(temp) / "google/protobuf").mkdir(parents=True)
        (Path(temp) / "google/protobuf/timestamp.proto").write_text(_TIMESTAMP)
        done = subprocess.run(
            [executable("protoc", "protobuf-compiler"), f"--proto_path={temp}",
             f"--proto_path={SCHEMA_DIR}", "--decode=Page", "page.proto"],
            input=wrapped, capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    return done.stdout.decode()


def _parse(text):
    """Text format as nested dicts: {field: [values]}."""
    root = {}
    stack, name = [root], None
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if not match:
            raise AssertionError(f"protoc said {text[at:at + 80]!r}")
        at = match.end()
        key, mark, close, quoted, bare = match.groups()
        if key and mark == ":":
            name = key
        elif key:
            message = {}
            stack[-1].setdefault(key, []).append(message)
            stack.append(message)
        elif close:
            stack.pop()
        else:
            value = ast.literal_eval("b" + quoted).decode() if quoted else bare
            stack[-1].setdefault(name, []).append(value)
    return root


def go_float(number):
    """As Prometheus spells le and quantile."""
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) - 1 + exponent
    if not any(digits):
        return "-0.0" if math.copysign(1, number) < 0 else "0.0"
    text = "".join(map(str, digits))
    if power < -4 or power >= max(6, 0):
        mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
        return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    return repr(number)


def _labels(pairs, *more):
    def escaped(text):
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    found = [(p["name"][0], escaped(p["value"][0])) for p in pairs] + list(more)
    if len({name for name, _ in found}) != len(found):
        raise AssertionError(f"a label twice: {found}")
    return tuple(sorted(found))


def _number(message, name, default=0.0):
    return float(message[name][0]) if name in message else default


def _count(message, stem):
    """A count that is a float only if it is not 0."""
    return _number(message, stem + "_float") or _number(message, stem)


class _Reader:
    def __init__(self):
        self.page = ProtobufPage({})

    def family(self, message):
        name, kind = message["name"][0], message["type"][0]
        if name in self.page.families:
            raise AssertionError(f"{name} comes in two places")
        self.current = self.page.families[name] = Family(
            name, kind.lower().replace("_", ""), message.get("help", [""])[0])
        for metric in message["metric"]:
            if kind in ("HISTOGRAM", "GAUGE_HISTOGRAM"):
                self.histogram(name, metric)
            elif kind == "SUMMARY":
                self.summary(name, metric)
            else:
                self.value(name, metric, kind.lower())

    def sample(self, name, labels, value, exemplar=None):
        if (name, labels) in self.current.samples:
            raise AssertionError(f"a series twice: {name}{labels}")
        self.current.samples[name, labels] = value
        if exemplar:
            time = exemplar.get("timestamp", [None])[0]
            seconds = None if time is None else \
                int(time.get("seconds", [0])[0]) + int(time.get("nanos", [0])[0]) / 1e9
            self.page.exemplars[name, labels] = (_labels(exemplar.get("label", [])),
                                                 float(exemplar["value"][0]), seconds)

    def value(self, name, metric, field_name):
        message = metric[field_name][0]
        self.sample(name, _labels(metric.get("label", [])), float(message["value"][0]),
                    message.get("exemplar", [None])[0])

    def summary(self, name, metric):
        labels, message = metric.get("label", []), metric["summary"][0]
        self.sample(name + "_sum", _labels(labels), _number(message, "sample_sum"))
        self.sample(name + "_count", _labels(labels), _number(message, "sample_count"))
        for q in message.get("quantile", []):
            self.sample(name, _labels(labels, ("quantile", go_float(float(q["quantile"][0])))),
                        float(q["value"][0]))

    def histogram(self, name, metric):
        labels, message = metric.get("label", []), metric["histogram"][0]
        if "schema" in message:
            self.page.natives[name, _labels(labels)] = _native(message)
        if "schema" in message and "bucket" not in message:
            return
        count = _count(message, "sample_count")
        self.sample(name + "_count", _labels(labels), count)
        self.sample(name + "_sum", _labels(labels), _number(message, "sample_sum"))
        for bucket in message["bucket"]:
            bound = go_float(float(bucket["upper_bound"][0]))
            self.sample(name + "_bucket", _labels(labels, ("le", bound)),
                        _count(bucket, "cumulative_count"), bucket.get("exemplar", [None])[0])
        if bound != "+Inf" or _count(bucket, "cumulative_count") != count:
            raise AssertionError(f"the last bucket is not +Inf, or not the count: {metric}")


def _native(message):
    integers = not any("_float" in key or key.endswith("tive_count") for key in message)
    out = Histogram(int(message["schema"][0]), _number(message, "zero_threshold"),
                    _count(message, "zero_count"), _count(message, "sample_count"),
                    _number(message, "sample_sum"), integers)
    for side, sign in (("negative", -1), ("positive", 1)):
        counts = [float(c) for c in message.get(side + "_count", [])]
        total = 0
        for delta in message.get(side + "_delta", []):
            total += int(delta)
            counts.append(float(total))
        index = 0
        for span in message.get(side + "_span", []):
            index += int(span.get("offset", [0])[0])
            for _ in range(int(span.get("length", [0])[0])):
                # A negative bucket is open where it is farther from 0.
                at = index if sign > 0 else index - 1
                out.buckets[sign * 2.0 ** (at * 2.0 ** -out.schema)] = counts.pop(0)
                index += 1
        if counts:
            raise AssertionError(f"more buckets than in the spans: {message}")
    return out


def parse_protobuf(data):
    reader = _Reader()
    for message in _parse(_decode(data)).get("family", []):
        reader.family(message)
    return reader.page
