"""Counts critical and high findings of a report with the parsers of the standard library: what a script of an
afternoon would do. Prints two numbers."""
import csv
import json
import re
import sys
import xml.etree.ElementTree as tree

path = sys.argv[1]
critical, high = set(), set()


def add(severity, key):
    if severity == "critical":
        critical.add(key)
    elif severity == "high":
        high.add(key)


if path.endswith((".json", ".sarif")):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    if "runs" in report:
        for run in report["runs"]:
            rules = {r["id"]: float(r["properties"]["security-severity"]) for r in run["tool"]["driver"]["rules"]}
            for n, result in enumerate(run["results"]):
                score = rules[result["ruleId"]]
                add("critical" if score >= 9 else "high" if score >= 7 else "", n)
    elif "vulnerabilities" in report:
        for name, entry in report["vulnerabilities"].items():
            add(entry["severity"], name)
    else:
        for result in report["Results"]:
            for v in result["Vulnerabilities"]:
                add(v["Severity"].lower(), (v["VulnerabilityID"], v["PkgName"], v["InstalledVersion"]))
elif path.endswith(".csv"):
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            add(row["Risk"].lower(), (row["Host"], row["Plugin ID"]))
elif path.endswith(".nessus"):
    for host in tree.parse(path).getroot().iter("ReportHost"):
        for item in host.iter("ReportItem"):
            add({"4": "critical", "3": "high"}.get(item.get("severity"), ""), (host.get("name"), item.get("pluginID")))
else:
    with open(path, encoding="utf-8") as file:
        found = dict(re.findall(r"^(vuln_\w+): (\d+)$", file.read(), re.M))
    print(found["vuln_critical_open"], found["vuln_high_open"])
    sys.exit()
print(len(critical), len(high))
