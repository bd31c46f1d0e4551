"""Reads what `cargo unsnarl check` wrote by what defines each form. Called by `run`."""

import collections
import json
import pathlib
import re
import sys

import jsonschema
import xmlschema
from google.protobuf.unknown_fields import UnknownFieldSet
from perfetto.protos.perfetto.trace import perfetto_trace_pb2

work, sarif_schema, printed = (pathlib.Path(argument) for argument in sys.argv[1:])
out = work / "out"
BUGS = {"deadlock", "panic", "race"}


def load(path):
    return json.loads(path.read_text())


def validate(document, schema):
    jsonschema.validators.validator_for(schema)(schema).validate(document)


# JSON
results = load(out / "results.json")
validate(results, load(work / "results.schema.json"))
findings = {run["verdict"]["kind"]: run["verdict"] for run in results["runs"] if run["verdict"]["outcome"] == "finding"}
assert set(findings) == BUGS, findings.keys()
assert results["summary"]["findings"] == 3 and results["summary"]["missing"] == 1, results["summary"]
print(f"JSON: {len(results['runs'])} runs, {len(findings)} findings")

merged = load(out / "merged.json")
for run in [*results["runs"], *merged["runs"]]:
    # What differs from one time to the next.
    run["verdict"].get("explored", {}).pop("elapsed", None)
assert merged["summary"] == results["summary"], (merged["summary"], results["summary"])
key = lambda run: (run["package"], run["test"], run["engine"])
assert sorted(merged["runs"], key=key) == sorted(results["runs"], key=key), "two shards are not the whole"
print("shards: brought together they are the whole")

# JUnit
schema = xmlschema.XMLSchema(work / "package/test/resources/jenkins-junit.xsd")
schema.validate(out / "junit.xml")
suites = schema.to_dict(out / "junit.xml")
print(f"JUnit: {suites['@tests']} tests, {suites['@failures']} failures")
assert (int(suites["@tests"]), int(suites["@failures"])) == (5, 4), suites

# SARIF
sarif = load(out / "results.sarif")
validate(sarif, load(sarif_schema))
found = sarif["runs"][0]["results"]
print(f"SARIF: {len(found)} results, {sum(len(one.get('codeFlows', [])) for one in found)} code flows")
assert len(found) == 4, found
buggy = pathlib.Path(__file__).parent / "buggy"
for one in found:
    for location in one.get("locations", []):
        place = location["physicalLocation"]
        file = buggy / place["artifactLocation"]["uri"]
        assert file.is_file(), file
        assert place["region"]["startLine"] <= len(file.read_text().splitlines()), place

# Perfetto, and the other forms of each finding
def unknown(message):
    """Fields that the protocol does not have."""
    count = len(UnknownFieldSet(message))
    for field, value in message.ListFields():
        if field.message_type is not None:
            count += sum(unknown(one) for one in (value if field.is_repeated else [value]))
    return count


finding_schema = load(work / "finding.schema.json")
forms = collections.Counter()
for file in sorted((out / "findings").iterdir()):
    forms[file.suffix] += 1
    if file.suffix == ".json":
        validate(load(file), finding_schema)
    if file.suffix == ".pftrace":
        trace = perfetto_trace_pb2.Trace()
        trace.ParseFromString(file.read_bytes())
        assert unknown(trace) == 0, file
        described = {packet.track_descriptor.uuid for packet in trace.packet if packet.HasField("track_descriptor")}
        events = [packet for packet in trace.packet if packet.HasField("track_event")]
        depth, moments = collections.Counter(), 0
        for packet in sorted(events, key=lambda packet: packet.timestamp):
            event = packet.track_event
            assert event.track_uuid in described, event
            if event.type == event.TYPE_INSTANT:
                moments += 1
                continue
            begins = event.type == event.TYPE_SLICE_BEGIN
            assert begins or event.type == event.TYPE_SLICE_END, event
            assert not begins or event.name, event
            depth[event.track_uuid] += 1 if begins else -1
            assert depth[event.track_uuid] >= 0, event
        assert not any(depth.values()), depth
        steps = sum(packet.track_event.categories[:] == ["step"] for packet in events)
        text = load(file.with_suffix(".json"))
        assert (steps, moments) == (len(text["steps"]), len(text["moments"])), (steps, moments, file)
        print(f"Perfetto: {file.name}: {len(described)} tracks, {steps} steps, {moments} moments")
assert forms == {suffix: 3 for suffix in (".json", ".txt", ".html", ".dot", ".md", ".pftrace")}, forms

# Workflow commands
commands = [line for line in printed.read_text().splitlines() if line.startswith("::error ")]
print(f"GitHub: {len(commands)} commands")
assert len(commands) == 4, commands
for line in commands:
    assert re.fullmatch(r"::error (?:file=[^,:]+,line=\d+,col=\d+,)?title=[^,:]+::.+", line), line
