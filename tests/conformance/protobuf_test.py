"""protobuf_test.py PRINT_PAGE: the page of every type in protobuf, read by protoc with Prometheus'
schema, is the page that text 0.0.4 and OpenMetrics show."""
import math
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

import protobuf_page  # noqa: E402  (found by the path above)
from page import parse_openmetrics, parse_text  # noqa: E402

PRINT_PAGE = sys.argv.pop(1)
# "counter" of text is COUNTER; what text calls a gauge may be a histogram's sum taken apart.
OF_TEXT = {"counter": {"counter"}, "gauge": {"gauge"}, "untyped": {"untyped"},
           "summary": {"summary", "untyped"}, "histogram": {"histogram", "untyped"}}


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def samples(page):
    return {key: value for f in page.families.values() for key, value in f.samples.items()}


def exemplars_of_openmetrics(text):
    """{sample line before the value: (label text, value, seconds or None)}"""
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(\S+) \S+ # (\{.*\}) (\S+)(?: (\S+))?", line)
        if match and not line.startswith("#"):
            seconds = float(match.group(4)) if match.group(4) else None
            found[match.group(1).split("{")[0]] = (match.group(2), float(match.group(3)), seconds)
    return found


class Protobuf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def page(name):
            return subprocess.run([PRINT_PAGE, name], capture_output=True, check=True,
                                  timeout=60).stdout
        cls.text = parse_text(page("text").decode())
        cls.open_text = page("openmetrics").decode()
        cls.open = parse_openmetrics(cls.open_text)
        cls.page = protobuf_page.parse_protobuf(page("protobuf"))

    def natives(self):
        return {name for name, _ in self.page.natives}

    def test_samples(self):
        ours, text = samples(self.page), samples(self.text)
        # A native gauge histogram has no classic form here.
        only_native = {name for name in self.natives()
                       if self.page.families[name].type == "gaugehistogram"}
        text = {key: value for key, value in text.items()
                if re.sub("_(bucket|gsum|gcount)$", "", key[0]) not in only_native}
        self.assertEqual(set(ours) ^ set(text), set())
        self.assertEqual({key for key in ours if not same(ours[key], text[key])}, set())
        self.assertGreater(len(ours), 60)
        self.assertEqual(set(ours), {k for k in samples(self.open) if k in text})

    def test_types_and_help(self):
        for name, family in self.page.families.items():
            whole = next(n for n in (name, re.sub("_(bucket|sum|count|gsum|gcount)$", "", name))
                         if n in self.text.families or n in self.natives())
            if whole in self.text.families:
                known = self.text.families[whole]
                self.assertIn(family.type, OF_TEXT[known.type], name)
                self.assertEqual(family.help.replace("\\", "\\\\").replace("\n", "\\n"),
                                 known.help)
        kinds = {f.type for f in self.page.families.values()}
        self.assertEqual(kinds, {"counter", "gauge", "summary", "untyped", "histogram",
                                 "gaugehistogram"})

    def test_native_buckets_are_those_of_text(self):
        self.assertGreater(len(self.natives()), 1)
        self.assertEqual({h.integers for h in self.page.natives.values()}, {True, False})
        for (name, labels), native in self.page.natives.items():
            shown = {float(dict(key)["le"]): value
                     for key, value in self.text.values(name + "_bucket").items()
                     if dict(labels).items() <= dict(key).items()}
            counts = dict(native.buckets)
            if native.zero_count:
                counts[native.zero_threshold] = native.zero_count
            total = 0
            for bound in sorted(counts):
                total += counts[bound]
                if counts[bound]:
                    self.assertAlmostEqual(shown[bound], total)
            self.assertEqual(shown[math.inf], native.count)

    def test_exemplars(self):
        theirs = exemplars_of_openmetrics(self.open_text)
        ours = {name: ("{" + ",".join(f'{k}="{v}"' for k, v in labels) + "}", value, seconds)
                for (name, _), (labels, value, seconds) in self.page.exemplars.items()}
        # OpenMetrics has none where it cannot keep the type.
        lost = {name for name in ours
                if self.open.families.get(name) and self.open.families[name].type == "unknown"}
        self.assertEqual({n: e for n, e in ours.items() if n not in lost}, theirs)
        self.assertGreater(len(theirs), 1)
        self.assertEqual(lost, {"demo_native_seconds_bucket"})


if __name__ == "__main__":
    try:
        protobuf_page.need()
    except unittest.SkipTest as skip:
        print(f"SKIPPED: {skip}", file=sys.stderr)
        sys.exit(77)
    unittest.main(verbosity=2)
