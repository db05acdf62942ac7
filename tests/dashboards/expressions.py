"""Expressions of others' dashboards and alerts as data, and what two Prometheus say to them."""
import json
import re
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_ALL = re.compile(r'=~\s*"\$\w+"')
_FIRST = re.compile(r"\btopk\s*\(\s*(\d+|\$topk)\s*,")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")
# What stands in braces, in brackets or in quotes is no comparison of values.
_OPAQUE = re.compile(r"""(\{(?:"[^"]*"|'[^']*'|[^}"'])*\}|"[^"]*"|\[[^]]*\])""")
_COMPARISON = re.compile(r"(==|!=|>=|<=|>|<)(?!\s*bool)(?!~)")


@dataclass(frozen=True)
class Asked:
    source: str
    name: str
    expression: str


def rows(name):
    """The rows of a table of this folder."""
    lines = (_HERE / name).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def popular(kind):
    return [Asked(*row) for row in rows(f"{kind}_expressions.tsv")]


def ours():
    """What the panels and variables of deploy/grafana ask."""
    asked = []
    for path in sorted((_HERE.parents[1] / "deploy" / "grafana").glob("*.json")):
        dashboard = json.loads(path.read_text())
        asked += [Asked(path.name, panel["title"], target["expr"])
                  for panel in dashboard["panels"] for target in panel.get("targets", ())]
        asked += [Asked(path.name, "$" + variable["name"],
                        variable["definition"].removeprefix("label_values(").rpartition(",")[0])
                  for variable in dashboard["templating"]["list"] if "definition" in variable]
    return asked


def substitute(expression, variables):
    """With values in place of a dashboard's variables, all of them where it may be several.

    The first five are all: which of equals they are is chance.
    """
    def value(match):
        return variables.get(match[1] or match[2], match[0])
    expression = _FIRST.sub("topk(1000000,", expression)
    return _VARIABLE.sub(value, _ALL.sub('=~".+"', expression))


def compared(expression):
    """With comparisons that show 0 and 1 instead of leaving out: what an alert looks at."""
    parts = _OPAQUE.split(expression)
    parts[::2] = [_COMPARISON.sub(r"\1 bool ", part) for part in parts[::2]]
    return "".join(parts)


def series(prometheus, expression):
    """Label sets that have a number now."""
    return [set(labels) for labels, value in prometheus.query(expression).items() if value == value]


def missing(wanted, there):
    """Of the label sets wanted those that nothing there has; more labels are no harm."""
    return [labels for labels in wanted if not any(labels <= other for other in there)]


class Reasons:
    """A table of PATTERN, REASON: regular expressions that are found in an expression."""

    def __init__(self, name):
        self._rows = [(re.compile(pattern), reason) for pattern, reason in rows(name)]

    def of(self, expression):
        """The first one's reason; nothing if there is none."""
        return next((reason for pattern, reason in self._rows if pattern.search(expression)), "")

    def unneeded(self, expressions):
        """The patterns that are found in none of them."""
        return [pattern.pattern for pattern, _ in self._rows
                if not any(map(pattern.search, expressions))]
