"""Others' dashboards and alerts get of the sidecar what they get of the peers; ours show data."""
import time
from collections import Counter

import server_test
from expressions import Asked, Reasons, compared, missing, ours, popular, series, substitute
from sandbox import HANG_SECONDS, wait_until
from scene import VARIABLES, Scene

SEVERITIES = {"critical", "warning", "info"}


class Dashboards(server_test.ServerTest):
    """One test, for the servers of one scene."""

    def test_expressions(self):
        self.scene = Scene(self.sandbox)
        self.deadline = time.monotonic() + HANG_SECONDS  # for all that is not there yet
        with self.subTest("popular ones"):
            self.check_popular()
        with self.subTest("dashboards of ours"):
            self.check_ours(ours())
        with self.subTest("alerts of ours"):
            self.check_alerts()

    def check_popular(self):
        """Prints what each side has, by expression and by source."""
        nothing, wrong, sums, answers = Reasons("no_data.tsv"), [], {}, {}
        empty = []
        for kind, variables in VARIABLES.items():
            for each in popular(kind):
                expression = substitute(each.expression, variables)
                if expression not in answers:
                    answers[expression] = self.ask_both(expression, nothing.of(each.expression))
                peers, mine, lost = answers[expression]
                state = "less" if lost else "ok" if peers else "only ours" if mine else "neither"
                why = nothing.of(each.expression) if state == "neither" else ""
                empty += [each.expression] if state == "neither" else []
                sums.setdefault(each.source, Counter())[state] += 1
                print(each.source, each.name, each.expression, peers, mine,
                      state + (f": {why}" if why else ""), sep="\t")
                if state in ("less", "neither") and not why:
                    wrong.append(f"{state}: {each.source}: {each.name}: {expression} {lost[:3]}")
        for source, total in sums.items():
            print(f"{source}: " + ", ".join(f"{n} {state}" for state, n in total.items()))
        wrong += [f"needed no more: {row}" for row in nothing.unneeded(empty)]
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    def ask_both(self, expression, why):
        """(series of the peers, series of ours, label sets that ours lack).

        `why`: the reason why there may be none.
        """
        while True:
            found = []
            # A value may be at a threshold: then what is compared must be there.
            for form in dict.fromkeys((expression, compared(expression))):
                peers, mine = series(self.scene.peers, form), series(self.scene.ours, form)
                found.append((len(peers), len(mine), missing(peers, mine)))
                if peers and not found[-1][2]:
                    return found[-1]
            answer = max(found, key=lambda each: (len(each[2]), each[:2]))
            # One side may have been scraped a moment ago, the other not yet.
            settled = not answer[2] and (answer[1] or why)
            if settled or time.monotonic() > self.deadline:
                return answer
            time.sleep(0.5)

    def check_ours(self, asked):
        """Each has data here, or a reason why it has none."""
        nothing, wrong = Reasons("ours_no_data.tsv"), []
        for each in asked:
            expression = substitute(each.expression, {"__rate_interval": "1m"})
            why = nothing.of(each.expression)
            while True:
                found = len(series(self.scene.ours, expression)
                            or series(self.scene.ours, compared(expression)))
                if found or why or time.monotonic() > self.deadline:
                    break
                time.sleep(0.5)
            print(each.source, each.name, each.expression, found, why, sep="\t")
            if not found and not why:
                wrong.append(f"{found} series: {each.source}: {each.name}: {expression} {why}")
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    def check_alerts(self):
        prometheus = self.scene.ours
        wait_until("all rules were evaluated", lambda: all(
            rule["health"] != "unknown" for rule in prometheus.rules()))
        rules = prometheus.rules()
        for rule in rules:
            with self.subTest(rule["name"]):
                self.assertEqual((rule["health"], rule.get("lastError")), ("ok", None))
                self.assertIn(rule["labels"].get("severity"), SEVERITIES)
                self.assertTrue(rule["annotations"].get("summary"))
                self.assertTrue(rule["annotations"].get("description"))
                self.assertNotEqual(rule["state"], "firing", "nothing is wrong here")
        self.check_ours([Asked("alerts", rule["name"], rule["query"]) for rule in rules])


if __name__ == "__main__":
    server_test.main()
