"use strict";
// Shows results: the list of the runs, and one of them.
const results = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("main");
const show = (...children) => main.replaceChildren(...children.filter((child) => child));

const runs = [...results.runs, ...results.problems].sort((a, b) => {
  const key = (run) => [run.package, run.test].join(" ");
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
});
const findingOf = (run) => (run.verdict && run.verdict.outcome === "finding" ? run.verdict : null);

function verdictWords(run) {
  if (run.problem) return [run.problem.replace("-", " "), "bad"];
  const kind = run.as_expected ? "good" : "bad";
  const { outcome } = run.verdict;
  if (outcome === "finding") {
    return [`${run.verdict.kind}${run.as_expected ? " (expected)" : run.expected ? ` (${run.expected} expected)` : ""}`, kind];
  }
  if (outcome === "pass") {
    return [run.expected ? `pass (${run.as_expected ? "known miss" : `${run.expected} expected`})` : "pass", kind];
  }
  return [outcome, outcome === "inconclusive" ? "dim" : "bad"];
}

function remark(run) {
  if (run.problem) return run.message.split("\n")[0];
  const { verdict } = run;
  if (verdict.outcome === "pass") return verdict.bounds.length ? `bounded: ${verdict.bounds.join("; ")}` : "complete";
  if (verdict.outcome === "finding") return verdict.title;
  return verdict.reason || verdict.message || "";
}

function summaryText() {
  const { models, runs: all, as_expected: good, findings, missing, failed, faults, partial } = results.summary;
  const parts = [`${good} as expected`, plural(findings, "finding")];
  if (missing) parts.push(`${missing} expected but not found`);
  if (failed) parts.push(`${failed} failed outside of a check`);
  if (faults) parts.push(`${faults} aborted or not run`);
  return `${plural(models, "model")}, ${plural(all, "run")}: ${parts.join(", ")}${partial ? " (not all were run)" : ""}`;
}

let onlyUnexpected = false;
let wanted = "";

function showIndex() {
  document.title = "unsnarl: results";
  const rows = runs
    .map((run, index) => ({ run, index }))
    .filter(({ run }) => !onlyUnexpected || !run.as_expected)
    .filter(({ run }) => `${run.package} ${run.model || run.test}`.toLowerCase().includes(wanted))
    .map(({ run, index }) => {
      const [words, kind] = verdictWords(run);
      const explored = run.verdict && run.verdict.explored;
      const name = run.model || run.test;
      const link = findingOf(run) || run.problem ? el("a", { href: `#run=${index}` }, name) : name;
      return el("tr", {},
        el("td", {}, link),
        el("td", {}, run.engine),
        el("td", { class: kind }, words),
        el("td", { class: "number" }, explored ? (explored.executions + explored.sampled).toLocaleString("en") : ""),
        el("td", { class: "number" }, explored ? seconds(explored.elapsed) : ""),
        el("td", { class: "dim" }, ...prose(remark(run))));
    });
  const filter = el("input", { type: "search", placeholder: "filter by name", "aria-label": "Filter by name", value: wanted });
  filter.addEventListener("input", () => {
    wanted = filter.value.toLowerCase();
    showIndex();
    const again = main.querySelector("input[type=search]");
    again.focus();
    again.setSelectionRange(again.value.length, again.value.length);
  });
  const unexpected = el("input", { type: "checkbox", id: "unexpected", checked: onlyUnexpected });
  unexpected.addEventListener("change", () => { onlyUnexpected = unexpected.checked; showIndex(); });
  show(
    el("h1", {}, "Results"),
    el("div", { class: "filters" }, filter, el("label", { for: "unexpected" }, unexpected, " only what is not as expected")),
    el("div", { class: "scroll" }, el("table", { class: "runs" },
      el("thead", {}, el("tr", {},
        ...["model", "engine", "verdict"].map((head) => el("th", { scope: "col" }, head)),
        ...["executions", "time"].map((head) => el("th", { scope: "col", class: "number" }, head)),
        el("th", { scope: "col" }, ""))),
      el("tbody", {}, ...rows))),
    rows.length ? null : el("p", { class: "dim" }, "Nothing matches."));
}

function showProblem(run) {
  show(
    back(), el("h1", {}, run.test),
    el("p", { class: "meta" }, `${run.engine}: ${run.problem.replace("-", " ")}`),
    el("pre", {}, run.message));
}

const back = () => (runs.length > 1 ? el("a", { href: "#" }, "← all results") : el("span"));

// ---- where we are ----

let viewer = null;

function route() {
  if (viewer) viewer.pause();
  viewer = null;
  const hash = new URLSearchParams(location.hash.slice(1));
  const only = runs.length === 1 && (findingOf(runs[0]) || runs[0].problem) ? "0" : null;
  const index = hash.get("run") ?? only;
  const run = index !== null ? runs[Number(index)] : null;
  if (run && findingOf(run)) {
    const step = hash.get("step");
    const finding = findingOf(run);
    document.title = `unsnarl: ${finding.title}`;
    viewer = new Viewer(finding, {
      root: main,
      step: step === null ? undefined : Number(step),
      lead: back(),
      onStep: (at) => history.replaceState(null, "", `#run=${Number(index)}&step=${at}`),
    });
  } else if (run && run.problem) {
    showProblem(run);
  } else {
    showIndex();
  }
}

document.addEventListener("keydown", (event) => { if (viewer) viewer.key(event); });
document.getElementById("summary").textContent = summaryText();
themeButton(document.getElementById("theme"));
window.addEventListener("hashchange", route);
route();
