"use strict";
// The lab's pages: what was done before, checks, and where one is the scheduler.
const data = JSON.parse(document.getElementById("data").textContent);

themeButton(document.getElementById("theme"));

// ---- progress, kept by the browser ----

const KEY = "unsnarl-lab";

function progress() {
  try { return JSON.parse(localStorage.getItem(KEY)) || {}; } catch { return {}; }
}

// Marks that something was done with a lesson: `read`, `checked`, `found`.
function mark(lesson, what) {
  const all = progress();
  all[lesson] = { ...all[lesson], [what]: true };
  // A browser that keeps nothing still has the rest of the lab.
  try { localStorage.setItem(KEY, JSON.stringify(all)); } catch { /* as said */ }
}

const WORDS = { read: "read", checked: "checked", found: "found by hand" };

function showProgress() {
  const all = progress();
  let next = null;
  let done = 0;
  const items = [...document.querySelectorAll("li[data-lesson]")];
  for (const item of items) {
    const marks = all[item.dataset.lesson] || {};
    const words = Object.keys(WORDS).filter((key) => marks[key]).map((key) => WORDS[key]);
    item.querySelector(".marks").replaceChildren(...words.map((word) => el("span", { class: "mark" }, `✓ ${word}`)));
    if (words.length) done += 1;
    else if (!next) next = item;
  }
  const place = document.getElementById("continue");
  if (!done || !next) return;
  const link = next.querySelector("a");
  place.replaceChildren(`${done} of ${items.length} lessons begun. Go on with `, el("a", { href: link.getAttribute("href") }, link.textContent), ". ",
    el("button", { type: "button", onclick: () => { localStorage.removeItem(KEY); location.reload(); } }, "Forget what I did"));
}

// ---- the server ----

// Asks the lab; throws a sentence.
async function ask(path, body) {
  let response;
  // A step is soon done: if all places are taken, there is one in a moment.
  for (let tries = path === "/api/step" || path === "/api/outlook" ? 10 : 1; tries > 0; tries -= 1) {
    response = await send(path, body);
    if (response.status !== 503 || tries === 1) break;
    await pause(300);
  }
  let answer;
  try { answer = await response.json(); } catch { answer = { error: `The lab answered ${response.status}.` }; }
  if (!response.ok) throw new Error(answer.error || `The lab answered ${response.status}.`);
  return answer;
}

async function send(path, body) {
  try {
    return await fetch(path, body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error("The lab does not answer. Is it still running?");
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// ---- checks ----

let viewer = null;
document.addEventListener("keydown", (event) => {
  if (viewer && !event.target.closest("summary, a, input, select")) viewer.key(event);
});

function checks() {
  const status = document.getElementById("progress");
  const result = document.getElementById("result");
  let current = null;

  const sayResult = (program, verdict) => {
    status.replaceChildren();
    if (viewer) viewer.pause();
    viewer = null;
    mark(data.lesson, "checked");
    const { outcome } = verdict;
    if (outcome === "finding") {
      const root = el("div", { class: "finding" });
      result.replaceChildren(root);
      viewer = new Viewer(verdict, { root, lead: el("p", { class: "verdict bad" }, "The checker found a bug in ", el("code", {}, program.name), `: ${verdict.kind}`) });
      return;
    }
    const lines = [];
    if (outcome === "pass") {
      const { explored, bounds, notes } = verdict;
      const count = explored.executions + explored.sampled;
      const complete = bounds.length === 0;
      lines.push(el("p", { class: `verdict ${complete ? "good" : ""}` }, complete ? "✓ No bug in " : "No bug seen in ", el("code", {}, program.name),
        complete ? ", in any interleaving." : ", but not everything was looked at."));
      lines.push(el("p", {}, `${plural(count, "execution")} in ${seconds(explored.elapsed)}; each is another order of the operations that matter.`));
      if (!complete) lines.push(el("ul", {}, ...bounds.map((bound) => el("li", {}, ...prose(bound)))));
      lines.push(...notes.map((note) => el("p", { class: "dim" }, "note: ", ...prose(note))));
    } else {
      lines.push(el("p", { class: "verdict bad" }, `The check is ${outcome}: ${verdict.reason || verdict.message}`));
    }
    result.replaceChildren(...lines);
  };

  const run = async (program) => {
    if (current) current.cancel();
    const mine = { cancelled: false, id: null, cancel() { this.cancelled = true; if (this.id) ask(`/api/check/${this.id}/cancel`, {}).catch(() => {}); } };
    current = mine;
    result.replaceChildren();
    const button = el("button", { type: "button", id: "cancel", onclick: () => { if (mine.id) ask(`/api/check/${mine.id}/cancel`, {}).catch(() => {}); } }, "Cancel");
    const words = el("span", {}, "starting …");
    const bar = el("progress", { "aria-label": "Share of the search, by estimate" });
    status.replaceChildren(el("div", { class: "running" }, bar, words, button));
    try {
      mine.id = (await ask("/api/check", { lesson: data.lesson, program: program.name })).run;
      for (let wait = 60; !mine.cancelled; wait = Math.min(500, wait * 1.4)) {
        const state = await ask(`/api/check/${mine.id}`);
        if (mine.cancelled) return;
        if (state.state === "done") { sayResult(program, state.verdict); return; }
        if (state.state === "cut") { status.replaceChildren(el("p", { class: "verdict bad" }, state.message)); return; }
        if (state.share !== null) bar.value = state.share;
        words.textContent = `${state.cancelled ? "cancelling" : "looking"} … ${plural(state.executions, "execution")} in ${(state.elapsed_ms / 1000).toFixed(1)} s`;
        await pause(wait);
      }
    } catch (error) {
      if (!mine.cancelled) status.replaceChildren(el("p", { class: "verdict bad" }, error.message));
    }
  };

  for (const button of document.querySelectorAll("button.check")) {
    const program = data.programs.find((one) => one.name === button.dataset.program);
    const known = data.verdicts && data.verdicts.find(([name]) => name === program.name);
    button.addEventListener("click", () => (known ? sayResult(program, known[1]) : run(program)));
  }
  addEventListener("pagehide", () => {
    if (current && current.id) fetch(`/api/check/${current.id}/cancel`, { method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body: "{}" }).catch(() => {});
  });
}

if (data.page === "index") {
  showProgress();
  addEventListener("pageshow", showProgress);
} else if (data.page === "lesson") {
  mark(data.lesson, "read");
  checks();
} else if (data.page === "schedule") {
  new Stepper(document.getElementById("stepper"), data).begin();
} else if (data.page === "meltdown") {
  meltdown();
} else if (data.page === "traffic") {
  traffic();
}
