"""The dashboards and alerts of deploy/: what Grafana and promtool would say of them, and more."""
import json
import re
from pathlib import Path

import server_test
from sandbox import executable

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULE_TESTS = Path(__file__).resolve().with_name("rules")
SCHEMA_VERSION = 38  # Grafana 10; later ones take it as well
COLUMNS = 24
BUILT_IN = {"__rate_interval", "__interval", "__range", "datasource"}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboards():
    return [json.loads(path.read_text()) for path in sorted((DEPLOY / "grafana").glob("*.json"))]


def rule_files():
    return sorted((DEPLOY / "prometheus").glob("*.rules.yml"))


def cells(panel):
    at = panel["gridPos"]
    return {(x, y) for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])}


class Monitoring(server_test.ServerTest):
    def test_dashboards_can_be_imported(self):
        found = dashboards()
        self.assertEqual([path.stem for path in sorted((DEPLOY / "grafana").glob("*.json"))],
                         [path.name.split(".")[0] for path in rule_files()])
        for key in ("uid", "title"):
            self.assertEqual(len({dashboard[key] for dashboard in found}), len(found), key)
        for dashboard in found:
            with self.subTest(dashboard["title"]):
                self.assertIsNone(dashboard["id"])
                self.assertEqual(dashboard["schemaVersion"], SCHEMA_VERSION)
                self.assertRegex(dashboard["uid"], r"^[a-z0-9-]{1,40}$")
                self.check_variables(dashboard)
                self.check_layout(dashboard)
                for panel in dashboard["panels"]:
                    self.check_panel(panel, {v["name"] for v in dashboard["templating"]["list"]})

    def check_variables(self, dashboard):
        first, *others = dashboard["templating"]["list"]
        self.assertEqual((first["name"], first["type"], first["query"]),
                         ("datasource", "datasource", "prometheus"))
        for variable in others:
            self.assertEqual(variable["datasource"], SOURCE)
            self.assertEqual(variable["query"]["query"], variable["definition"])
            self.assertRegex(variable["definition"], r"^label_values\(.*, \w+\)$")

    def check_layout(self, dashboard):
        panels = dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels), "ids are not unique")
        taken = {}
        for panel in panels:
            for cell in cells(panel):
                self.assertNotIn(cell, taken, f"{panel['title']} lies over {taken.get(cell)}")
                self.assertLess(cell[0], COLUMNS, panel["title"])
                taken[cell] = panel["title"]

    def check_panel(self, panel, variables):
        self.assertTrue(panel["title"])
        if panel["type"] == "row":
            self.assertEqual((panel["collapsed"], panel["panels"]), (False, []))
            return
        self.assertIn(panel["type"], ("timeseries", "stat", "gauge"))
        self.assertEqual(panel["datasource"], SOURCE)
        self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
        targets = panel["targets"]
        self.assertEqual(len({target["refId"] for target in targets}), len(targets))
        self.assertTrue(targets)
        for target in targets:
            self.assertEqual(target["datasource"], SOURCE)
            self.assertTrue(target["legendFormat"], panel["title"])
            used = set(re.findall(r"\$\{?(\w+)", target["expr"]))
            self.assertLessEqual(used, variables | BUILT_IN, panel["title"])

    def test_rules_pass_promtool(self):
        promtool = executable("promtool", "prometheus")
        self.sandbox.run([promtool, "check", "rules", "--lint-fatal", *rule_files()])

    def test_alerts_fire_and_stay_silent(self):
        """As the unit tests of the rules say, which have a case for each alert."""
        promtool = executable("promtool", "prometheus")
        tests = sorted(RULE_TESTS.glob("*.test.yml"))
        self.assertEqual([path.name.split(".")[0] for path in tests],
                         [path.name.split(".")[0] for path in rule_files()])
        for rules, test in zip(rule_files(), tests):
            alerts = re.findall(r"- alert: (\w+)", rules.read_text())
            cases = re.findall(r'alertname="(\w+)", alertstate="firing"}\)\n +eval_time: \w+\n'
                               r" +exp_samples: \[(.*)\]", test.read_text())
            for alert in alerts:
                states = [bool(samples) for name, samples in cases if name == alert]
                self.assertEqual(sorted(states), [False, True], f"cases of {alert}")
            self.assertEqual(len(cases), 2 * len(alerts))
        print(self.sandbox.run([promtool, "test", "rules", *tests]).stdout)


if __name__ == "__main__":
    server_test.main()
