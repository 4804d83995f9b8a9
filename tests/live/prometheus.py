#!/usr/bin/env python3
"""deploy/prometheus and deploy/grafana with a real Prometheus: the rules are good and each
alert fires when it must and not otherwise; a daemon is scraped, every expression of the
dashboard and of the rules is asked of what came; an alert fires for a daemon that is gone.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

import yaml

from ringpost_live import Cases, Daemon, Sink, free_port, make_certificate, until

cases = Cases()
DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "ringpost.json"
TEXT = "From: a@here.test\nTo: b@far.test\nSubject: x\n\nHi\n"

HOURS = "x180"  # of a sample a minute
# What makes each alert fire by the end of three hours.
FIRES = {
    "RingpostDown": {'up{job="ringpost"}': "0" + HOURS},
    "RingpostRestarts": {'process_start_time_seconds{job="ringpost"}': "1+1" + HOURS},
    "RingpostRefusesMail": {"ringpost_accepting": "0" + HOURS},
    "RingpostRedisDown": {"ringpost_redis_down": "1" + HOURS},
    "RingpostAcceptSlow": {'ringpost_stage_seconds_bucket{stage="accept",le="2.5"}':
                           "0" + HOURS,
                           'ringpost_stage_seconds_bucket{stage="accept",le="5"}':
                           "0+60" + HOURS,
                           'ringpost_stage_seconds_bucket{stage="accept",le="+Inf"}':
                           "0+60" + HOURS},
    "RingpostUncertain": {"ringpost_uncertain_total": "0+1" + HOURS},
    "RingpostQueueLate": {"ringpost_queue_late_seconds": "61" + HOURS},
    "RingpostQueueOld": {'ringpost_queue_age_seconds{percentile="90"}': "20000" + HOURS,
                         'ringpost_queue_entries{state="deferred"}': "101" + HOURS},
    "RingpostQueueGrows": {'ringpost_queue_entries{state="deferred"}': "900+120" + HOURS},
    "RingpostSitesDown": {"ringpost_relay_sites_down": "21" + HOURS,
                          "ringpost_relay_sites": "40" + HOURS},
    "RingpostShardsRecovering": {"ringpost_queue_shards_recovering": "1" + HOURS},
    "RingpostBounces": {'ringpost_recipients_total{outcome="bounced"}': "0+6" + HOURS,
                        'ringpost_recipients_total{outcome="delivered"}': "0+94" + HOURS},
    "RingpostReputation": {'ringpost_refusals_total{outcome="deferred",provider="google",'
                           'category="reputation"}': "0+1" + HOURS},
    "RingpostDeferrals": {'ringpost_recipients_total{outcome="deferred"}': "0+60" + HOURS,
                          'ringpost_recipients_total{outcome="delivered"}': "0+40" + HOURS},
    "RingpostTlsFails": {'ringpost_tls_failures_total{side="client"}': "0+30" + HOURS,
                         'ringpost_tls_handshakes_total{side="client",version="1.3"}':
                         "0+60" + HOURS},
    "RingpostDnsFails": {"ringpost_dns_failures_total": "0+30" + HOURS,
                         'ringpost_dns_questions_total{by="server"}': "0+60" + HOURS},
    "RingpostDiskFills": {"ringpost_disk_free_bytes": "1000000-2000" + HOURS,
                          "ringpost_disk_least_bytes": "500000" + HOURS},
    "RingpostRedisFills": {"ringpost_redis_memory_bytes": "81" + HOURS,
                           "ringpost_redis_memory_most_bytes": "100" + HOURS},
    "RingpostDiskSlow": {'ringpost_stage_seconds_bucket{stage="fsync",le="0.25"}': "0" + HOURS,
                         'ringpost_stage_seconds_bucket{stage="fsync",le="0.5"}':
                         "0+60" + HOURS,
                         'ringpost_stage_seconds_bucket{stage="fsync",le="+Inf"}':
                         "0+60" + HOURS},
    "RingpostRedisSlow": {'ringpost_stage_seconds_bucket{stage="redis",le="0.25"}': "0" + HOURS,
                          'ringpost_stage_seconds_bucket{stage="redis",le="0.5"}':
                          "0+60" + HOURS,
                          'ringpost_stage_seconds_bucket{stage="redis",le="+Inf"}':
                          "0+60" + HOURS},
    "RingpostWorkerBusy": {'ringpost_worker_busy_percent{worker="0"}': "91" + HOURS},
    "RingpostSessionsFull": {'ringpost_sessions_refused_total{role="receive",why="limit"}':
                             "0+61" + HOURS},
    # Time begins at 0.
    "RingpostCertificateEnds": {"ringpost_certificate_end_seconds": "1000000" + HOURS},
    "RingpostLoginsFail": {'ringpost_logins_total{result="failed"}': "0+121" + HOURS},
    "RingpostApiKeysRefused": {"ringpost_api_keys_refused_total": "0+61" + HOURS},
    "RingpostEventsLost": {"ringpost_events_dropped_total": "0+1" + HOURS},
    "RingpostEventsLag": {"ringpost_events_lag_seconds": "31" + HOURS},
    "RingpostWebhookBehind": {"ringpost_webhook_lag_seconds": "601" + HOURS},
    "RingpostWebhookDead": {'ringpost_webhook_events_total{result="dead"}': "0+1" + HOURS},
    "RingpostTracesLost": {"ringpost_traces_dropped_total": "0+1" + HOURS,
                           "ringpost_traces_refused_total": "0" + HOURS},
}
# The same figures on a good day, and some that could be taken for trouble.
WELL = {
    'up{job="ringpost"}': "1", 'process_start_time_seconds{job="ringpost"}': "5",
    "ringpost_accepting": "1", "ringpost_redis_down": "0",
    'ringpost_stage_seconds_bucket{stage="accept",le="2.5"}': "0+60",
    'ringpost_stage_seconds_bucket{stage="accept",le="+Inf"}': "0+60",
    "ringpost_uncertain_total": "3", "ringpost_queue_late_seconds": "2",
    'ringpost_queue_age_seconds{percentile="90"}': "20000",  # … of ten
    'ringpost_queue_entries{state="deferred"}': "10",
    "ringpost_relay_sites_down": "19", "ringpost_relay_sites": "20",
    "ringpost_queue_shards_recovering": "0",
    'ringpost_recipients_total{outcome="bounced"}': "0+4",
    'ringpost_recipients_total{outcome="deferred"}': "0+20",
    'ringpost_recipients_total{outcome="delivered"}': "0+96",
    'ringpost_refusals_total{outcome="bounced",provider="google",category="bad-mailbox"}':
    "0+4",
    'ringpost_tls_failures_total{side="client"}': "0+1",
    'ringpost_tls_failures_total{side="server"}': "0+50",  # whoever knocks
    'ringpost_tls_handshakes_total{side="client",version="1.3"}': "0+60",
    "ringpost_dns_failures_total": "0+1",
    'ringpost_dns_questions_total{by="server"}': "0+60",
    "ringpost_disk_free_bytes": "1000000", "ringpost_disk_least_bytes": "400000",
    "ringpost_redis_memory_bytes": "81", "ringpost_redis_memory_most_bytes": "0",
    'ringpost_worker_busy_percent{worker="0"}': "60",
    'ringpost_sessions_refused_total{role="receive",why="limit"}': "7",
    "ringpost_certificate_end_seconds": "0",
    'ringpost_logins_total{result="failed"}': "0+5", "ringpost_api_keys_refused_total": "2",
    "ringpost_events_dropped_total": "4", "ringpost_events_file_dropped_total": "0",
    "ringpost_log_dropped_total": "0", "ringpost_events_lag_seconds": "0.1",
    "ringpost_webhook_lag_seconds": "3",
    'ringpost_webhook_events_total{result="dead"}': "9",
    "ringpost_traces_dropped_total": "4", "ringpost_traces_refused_total": "0",
}


def alerts():
    return {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"]
            for rule in group["rules"]}


def promtool(*words):
    ran = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True,
                         timeout=120)
    cases.equal(ran.returncode, 0, f"promtool {words[0]} {words[1]}: {ran.stdout}{ran.stderr}")


def with_instance(series):
    name, brace, labels = series.partition("{")
    return name + '{instance="a"' + ("," + labels if brace else "}")


def unit(inputs, expression, samples):
    return {"interval": "1m",
            "input_series": [{"series": with_instance(s), "values": v}
                             for s, v in inputs.items()],
            "promql_expr_test": [{"expr": expression, "eval_time": "3h",
                                  "exp_samples": samples}]}


def rules():
    """promtool finds them good; each fires when it must, none on a good day"""
    promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    cases.equal(sorted(FIRES), sorted(alerts()), "alerts that are tried")
    tests = [unit({s: v + HOURS for s, v in WELL.items()}, "ALERTS", [])]
    for name, inputs in FIRES.items():
        tests.append(unit(inputs, f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                          [{"labels": "{}", "value": 1}]))
    for name, rule in alerts().items():
        cases.check(rule["labels"]["severity"] in ("page", "ticket"), f"{name}: severity")
        cases.equal(sorted(rule["annotations"]), ["description", "summary"], name)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "test.yaml")
        with open(file, "w") as out:
            json.dump({"rule_files": [str(RULES)], "evaluation_interval": "5m",
                       "tests": tests}, out)
        promtool("test", "rules", file)


class Prometheus:
    """A real one that scrapes TARGET twice a second, with the rules that ship; ALERT
    needs no patience here."""

    def __init__(self, folder, target, alert):
        self.folder, self.port = folder, free_port()
        rules_here = yaml.safe_load(RULES.read_text())
        for group in rules_here["groups"]:
            group["interval"] = "500ms"
            for rule in group["rules"]:
                if rule["alert"] == alert:
                    del rule["for"]
        config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
        for name, what in (("rules.yml", rules_here), ("prometheus.yml", config)):
            with open(os.path.join(folder, name), "w") as file:
                json.dump(what, file)

    def __enter__(self):
        self.log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml",
             f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=self.log, stderr=self.log)
        until(self.is_ready, timeout=60, what="Prometheus is ready")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=10):
                return True
        except OSError:
            return False

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            return json.load(refused)

    def samples(self, expression):
        answer = self.ask("query", query=expression)
        if answer["status"] != "success":
            raise AssertionError(f"{expression}: {answer}")
        return answer["data"]["result"]

    def firing(self):
        return {alert["labels"]["alertname"]: alert
                for alert in self.ask("alerts")["data"]["alerts"] if alert["state"] == "firing"}


def expressions():
    """Of the dashboard, as Grafana would ask, with the panel's name"""
    dashboard = json.loads(DASHBOARD.read_text())
    targets = [(panel["title"], target["expr"]) for panel in dashboard["panels"]
               for target in panel.get("targets", [])]
    targets += [(note["name"], note["expr"]) for note in dashboard["annotations"]["list"]]
    for title, expression in targets:
        for name, value in (("$job", "ringpost"), ("$instance", ".*"),
                            ("$__rate_interval", "10s")):
            expression = expression.replace(name, value)
        cases.check("$" not in expression, f"{title}: a variable that is none")
        yield title, expression


def rule_of(step):
    if step.verb == "RCPT" and step.address.startswith("never"):
        return "550 5.1.1 No such user"
    return None


def check_dashboard(prometheus):
    dashboard = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    cases.equal(len(ids), len(set(ids)), "each panel has a number of its own")
    events = {note["name"] for note in dashboard["annotations"]["list"]}
    asked = list(expressions())

    missing = []

    def all_have_data():
        missing[:] = [one for one in asked
                      if one[0] not in events and not prometheus.samples(one[1])]
        return not missing
    try:  # rates need some seconds of figures
        until(all_have_data, timeout=60, pause=0.5)
    except Exception:
        cases.equal(missing, [], "panels without data")
    for title, expression in asked:
        cases.equal(prometheus.ask("query_range", query=expression, start=0, end=1,
                                   step=1)["status"], "success", title)
    return {name for _, expression in asked for name in re.findall(r"\w+", expression)
            if name.startswith(("ringpost_", "process_"))}


def check_rules(prometheus):
    def all_ran():
        return all(rule["health"] == "ok" for group in prometheus.ask("rules")["data"]["groups"]
                   for rule in group["rules"])
    until(all_ran, timeout=60, what="every rule was evaluated")
    used = set()
    for name, rule in alerts().items():
        prometheus.samples(rule["expr"])
        used |= {word for word in re.findall(r"\b(?:ringpost|process)_\w+", rule["expr"])}
    return used


def scraped():
    """A real Prometheus has data for every panel; an alert fires when the daemon is gone"""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        certificate, key = make_certificate(folder, "127.0.0.1")
        listener = {"address": f"127.0.0.1:{port}", "role": "http", "tls": "none",
                    "serves": ["metrics"]}
        with Sink(rule=rule_of, certificate=certificate, key=key) as sink, \
                Prometheus(folder, f"127.0.0.1:{port}", "RingpostDown") as prometheus:
            with Daemon(routes=[sink.route("*")], tls=True,
                        events={"file": os.path.join(folder, "events")}) as daemon:
                daemon.config["listeners"].append(listener)
                daemon.write_config()
                daemon.reload()
                enough = threading.Event()

                def send():
                    while not enough.wait(0.2):
                        daemon.submit("a@here.test", ["b@far.test", "never@far.test"], TEXT)
                sender = threading.Thread(target=send)
                sender.start()
                try:
                    used = check_dashboard(prometheus) | check_rules(prometheus)
                finally:
                    enough.set()
                    sender.join(30)
                known = {sample["metric"]["__name__"] for sample in prometheus.samples(
                    '{__name__=~"ringpost_.+|process_.+"}')}
                cases.equal(sorted(used - known), [], "asked for, but never answered")
                # Without patience one answer that is late looks like none.
                cases.equal(set(prometheus.firing()) - {"RingpostDown"}, set(),
                            "alerts of a daemon that is well")
            until(lambda: "RingpostDown" in prometheus.firing(), timeout=60,
                  what="the alert of a daemon that is gone")
            alert = prometheus.firing()["RingpostDown"]
            cases.equal((alert["labels"]["severity"], alert["annotations"]["summary"]),
                        ("page", f"127.0.0.1:{port} does not answer"), "what it says")


if __name__ == "__main__":
    sys.exit(cases.run([rules, scraped]))
