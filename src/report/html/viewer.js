"use strict";
// A finding: its threads in lanes, who waits for whom, and the source, step by step.
const ROWS_MAX = 1500;

// How each thread stands after so many steps.
function standings(finding) {
  const all = [];
  let now = finding.threads.map(() => ({ holds: [], next: null, blocked: false, finished: false, started: false }));
  const change = (changes) => {
    now = now.slice();
    for (const { thread, ...standing } of changes) now[thread] = { ...standing, started: true };
    all.push(now);
  };
  change(finding.start);
  for (const step of finding.steps) change(step.changes);
  return all;
}

const phrase = (operation, object) => (object ? `${operation} ${object}` : operation);

// What is to be known of a step beside its operation.
const remarkOf = (step) => [step.ordering, step.outcome].filter(Boolean).join(", ");

const momentWords = ({ operation, object }) =>
  operation === "panic" ? "panics" : `${operation}s ${object}, which is one side of the race,`;

// A finding step by step, in the element `root`. `lead` comes before it, `onStep` hears of each step.
class Viewer {
  constructor(finding, { root, step, lead, onStep } = {}) {
    // What was written by an earlier version, or is not at its end, has no moments.
    this.finding = { moments: [], ...finding };
    this.root = root;
    this.lead = lead;
    this.onStep = onStep;
    this.states = standings(finding);
    this.objects = finding.objects.map((object) => object.label);
    this.first = Math.max(0, finding.steps.length - ROWS_MAX);
    this.timer = null;
    this.build();
    this.go(step ?? finding.steps.length, true);
  }

  get last() { return this.finding.steps.length; }

  objectColour(label) {
    const index = this.objects.indexOf(label);
    return index < 0 ? "var(--dim)" : colour(index + 3);
  }

  build() {
    const { finding } = this;
    const button = (text, label, action) => el("button", { type: "button", "aria-label": label, title: label, onclick: action }, text);
    this.slider = el("input", { type: "range", min: this.first, max: this.last, "aria-label": "Step" });
    this.slider.addEventListener("input", () => { this.pause(); this.go(Number(this.slider.value)); });
    this.playing = button("play", "Play", () => this.toggle());
    this.now = el("div", { class: "now", "aria-live": "polite" });
    this.lanes = el("div", { class: "panel lanes", tabindex: "0", role: "region", "aria-label": "Schedule" }, this.table());
    this.graph = el("div");
    this.threads = el("div", { class: "scroll" });
    this.source = el("div");
    const explored = finding.explored;
    const meta = [
      `${finding.model}`, `engine ${finding.engine}`,
      `${plural(finding.steps.length, "step")}, ${plural(finding.preemptions, "preemption")}`,
      `found after ${plural(explored.executions + explored.sampled, "execution")} in ${seconds(explored.elapsed)}`,
    ];
    const { shrunk } = finding;
    if (shrunk) meta.push(`shrunk from ${plural(shrunk.from_steps, "step")} and ${plural(shrunk.from_preemptions, "preemption")} in ${plural(shrunk.executions, "execution")}`);
    const parts = [
      this.lead,
      el("h1", {}, ...prose(finding.title)),
      el("p", { class: "meta" }, meta.join(" · ")),
      el("div", { class: "words" }, ...finding.explanation.map((text) => el("p", {}, ...prose(text)))),
      ...finding.notes.map((note) => el("p", { class: "meta" }, "note: ", ...prose(note))),
      finding.steps.length ? el("div", { class: "controls" },
        button("|◀", "First step", () => { this.pause(); this.go(this.first); }),
        button("◀", "One step back", () => { this.pause(); this.go(this.step - 1); }),
        button("▶", "One step on", () => { this.pause(); this.go(this.step + 1); }),
        button("▶|", "Last step", () => { this.pause(); this.go(this.last); }),
        this.playing, this.slider, this.now) : null,
      finding.steps.length ? el("div", { class: "view" },
        this.lanes,
        el("div", { class: "side" },
          el("section", { class: "panel" }, el("h2", {}, "Who waits for whom"), this.graph),
          el("section", { class: "panel" }, el("h2", {}, "Source"), this.source),
          el("section", { class: "panel" }, el("h2", {}, "Threads"), this.threads))) : null,
      el("p", { class: "keys" }, el("kbd", {}, "←"), " ", el("kbd", {}, "→"), " step, ", el("kbd", {}, "Home"), " ", el("kbd", {}, "End"),
        " first and last, ", el("kbd", {}, "space"), " play. A dashed frame: the thread before could have gone on. Bars: what a thread holds. Hatched: it cannot go on."),
      finding.replay ? el("p", {}, "Replay it: ", el("code", {}, finding.replay)) : null,
      finding.schedule ? el("details", {}, el("summary", {}, "The schedule as text"), el("pre", {}, finding.schedule)) : null];
    this.root.replaceChildren(...parts.filter((part) => part));
  }

  // The lanes: a row for each step, and one for the end.
  table() {
    const { finding, states } = this;
    const shown = finding.threads.map((thread, index) => index).filter((index) =>
      finding.steps.some((step) => step.thread === index) || finding.threads[index].waits ||
      finding.moments.some((moment) => moment.thread === index));
    const heads = shown.map((index) =>
      el("th", { scope: "col" }, el("span", { class: "dot", style: `--c:${colour(index)}` }), finding.threads[index].name));
    this.rows = [];
    this.moments = [];
    const body = el("tbody");
    const barsOf = (state, thread) => el("span", { class: "bars" }, ...state[thread].holds.map((label) =>
      el("span", { class: "bar", style: `--c:${this.objectColour(label)}`, title: `holds ${label}` })));
    // Panics and racing accesses are no steps: they stand in rows between.
    const addMoments = (after) => {
      for (const moment of finding.moments.filter((one) => one.steps_before === after)) {
        const row = el("tr", {}, el("td", { class: "n" }, ""), ...shown.map((thread) => el("td", {},
          el("span", { class: "lane" }, barsOf(states[after], thread),
            thread === moment.thread ? el("span", { class: "stuck" }, `✗ ${phrase(moment.operation, moment.object)}`) : null))),
          el("td", { class: "note" }, ""));
        row.addEventListener("click", () => { this.pause(); this.go(after); });
        this.moments.push({ row, after });
        body.append(row);
      }
    };
    addMoments(this.first);
    for (let at = this.first; at < finding.steps.length; at += 1) {
      const step = finding.steps[at];
      const cells = shown.map((thread) => {
        const before = states[at][thread];
        const holds = step.thread === thread ? states[at + 1][thread].holds : before.holds;
        const stuck = step.thread !== thread && before.blocked;
        const bars = el("span", { class: "bars" }, ...holds.map((label) =>
          el("span", { class: "bar", style: `--c:${this.objectColour(label)}`, title: `holds ${label}` })));
        const op = step.thread === thread
          ? el("span", { class: `op${step.preempts ? " preempts" : ""}`, style: `--c:${colour(thread)}` }, phrase(step.operation, step.object))
          : null;
        return el("td", { class: stuck ? "blocked" : "", title: stuck ? `cannot ${phrase(before.next.operation, before.next.object)}` : null },
          el("span", { class: "lane" }, bars, op));
      });
      const row = el("tr", {}, el("td", { class: "n" }, String(at + 1)), ...cells, el("td", { class: "note" }, remarkOf(step)));
      row.addEventListener("click", () => { this.pause(); this.go(at + 1); });
      this.rows.push(row);
      body.append(row);
      addMoments(at + 1);
    }
    if (finding.threads.some((thread) => thread.waits)) {
      body.append(el("tr", { class: "end" }, el("td", { class: "n" }, ""), ...shown.map((index) => {
        const { waits } = finding.threads[index];
        return el("td", {}, el("span", { class: "lane" }, barsOf(states[states.length - 1], index),
          waits ? el("span", { class: "stuck" }, `✗ ${phrase(waits.operation, waits.object && waits.object.label)}`) : null));
      }), el("td", { class: "note" }, "")));
    }
    const skipped = this.first ? el("caption", { class: "dim" }, `${plural(this.first, "step")} before`) : null;
    return el("table", { class: "lanes-table mono" }, skipped, el("thead", {}, el("tr", {}, el("th", {}, ""), ...heads, el("th", {}, ""))), body);
  }

  go(step, isFirst = false) {
    this.step = Math.min(this.last, Math.max(this.first, step));
    this.slider.value = String(this.step);
    this.rows.forEach((row, index) => {
      const number = this.first + index + 1;
      row.className = number === this.step ? "current" : number > this.step ? "later" : "";
      if (number === this.step) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    });
    for (const { row, after } of this.moments) row.className = after > this.step ? "later" : "";
    const row = this.rows[this.step - 1 - this.first];
    if (row && !isFirst) this.keepInSight(row);
    if (row && isFirst) this.lanes.scrollTop = this.lanes.scrollHeight;
    if (!row) this.lanes.scrollTop = 0;
    const { finding } = this;
    const done = finding.steps[this.step - 1];
    this.now.replaceChildren(...(done
      ? [`Step ${this.step} of ${this.last}: `, el("strong", {}, finding.threads[done.thread].name), ` did `,
        el("code", {}, phrase(done.operation, done.object)), ` at `, el("code", {}, done.place), remarkOf(done) ? ` (${remarkOf(done)})` : "",
        ...finding.moments.filter((moment) => moment.steps_before === this.step).map((moment) =>
          el("span", { class: "bad" }, `; then ${finding.threads[moment.thread].name} ${momentWords(moment)} at ${moment.place}`))]
      : [`Before the first of ${plural(this.last, "step")}.`]));
    this.graph.replaceChildren(this.drawGraph());
    this.source.replaceChildren(...this.drawSource(done));
    this.threads.replaceChildren(this.drawThreads());
    if (!isFirst && this.onStep) this.onStep(this.step);
  }

  // Only the lanes scroll, not the page.
  keepInSight(row) {
    const top = row.offsetTop - 44;
    const bottom = row.offsetTop + row.offsetHeight + 8;
    if (top < this.lanes.scrollTop) this.lanes.scrollTop = top;
    else if (bottom > this.lanes.scrollTop + this.lanes.clientHeight) this.lanes.scrollTop = bottom - this.lanes.clientHeight;
  }

  toggle() {
    if (this.timer) { this.pause(); return; }
    if (this.step >= this.last) this.go(this.first);
    this.playing.textContent = "pause";
    this.playing.setAttribute("aria-label", "Pause");
    this.timer = setInterval(() => {
      if (this.step >= this.last) this.pause();
      else this.go(this.step + 1);
    }, 700);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.playing.textContent = "play";
    this.playing.setAttribute("aria-label", "Play");
  }

  key(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    const { target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (target.tagName === "INPUT" && target.type === "range") return;
    if (target.tagName === "BUTTON" && event.key === " ") return;
    if (event.key in moves) { this.pause(); this.go(this.step + moves[event.key]); }
    else if (event.key === "Home") { this.pause(); this.go(this.first); }
    else if (event.key === "End") { this.pause(); this.go(this.last); }
    else if (event.key === " ") this.toggle();
    else return;
    event.preventDefault();
  }

  // Threads on the left, objects on the right.
  drawGraph() {
    const { finding } = this;
    const state = this.states[this.step];
    const threads = finding.threads.map((_, index) => index).filter((index) => state[index].started);
    const labels = [];
    const edges = [];
    const meet = (label) => { if (!labels.includes(label)) labels.push(label); };
    for (const index of threads) {
      for (const label of state[index].holds) { meet(label); edges.push({ held: true, thread: index, label }); }
      const { next, blocked } = state[index];
      if (!blocked || !next || !next.object) continue;
      const joined = next.operation === "join" ? finding.threads.findIndex((thread) => thread.name === next.object) : -1;
      if (joined >= 0) edges.push({ thread: index, joined });
      else { meet(next.object); edges.push({ thread: index, label: next.object }); }
    }
    const rowHeight = 46;
    const height = Math.max(threads.length, labels.length, 1) * rowHeight + 16;
    const width = 460;
    const boxWidth = 150;
    const left = 40;
    const right = width - boxWidth - 6;
    const y = (index) => index * rowHeight + 30;
    const cut = (text) => (text.length > 19 ? `${text.slice(0, 18)}…` : text);
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" }, svg("title", {}, "Who waits for whom"));
    const marker = (id, fill) => svg("marker", { id, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
      svg("path", { d: "M0 0 10 5 0 10z", style: `fill:${fill}` }));
    drawing.append(svg("defs", {}, marker("to-waits", "var(--bad)"), marker("to-held", "var(--dim)")));
    for (const edge of edges) {
      const from = y(threads.indexOf(edge.thread));
      if (edge.joined !== undefined) {
        const to = y(Math.max(0, threads.indexOf(edge.joined)));
        drawing.append(svg("path", { class: "waits", "marker-end": "url(#to-waits)", d: `M${left} ${from} C${left - 42} ${from} ${left - 42} ${to} ${left} ${to}` }));
        continue;
      }
      const to = y(labels.indexOf(edge.label));
      const a = left + boxWidth;
      const bend = (right - a) / 2;
      // Two edges between the same two do not lie on each other.
      const shift = edge.held ? 6 : -6;
      drawing.append(edge.held
        ? svg("path", { class: "held", "marker-end": "url(#to-held)", d: `M${right} ${to + shift} C${right - bend} ${to + shift} ${a + bend} ${from + shift} ${a} ${from + shift}` })
        : svg("path", { class: "waits", "marker-end": "url(#to-waits)", d: `M${a} ${from + shift} C${a + bend} ${from + shift} ${right - bend} ${to + shift} ${right} ${to + shift}` }));
    }
    threads.forEach((thread, row) => {
      const { name } = finding.threads[thread];
      const group = svg("g", state[thread].finished ? { class: "ended" } : {},
        svg("rect", { class: "box", x: left, y: y(row) - 16, width: boxWidth, height: 32, rx: 4, style: `stroke:${colour(thread)}` }),
        svg("text", { x: left + boxWidth / 2, y: y(row) + 4, "text-anchor": "middle" }, cut(name)), svg("title", {}, name));
      drawing.append(group);
    });
    labels.forEach((label, row) => {
      drawing.append(svg("g", {},
        svg("rect", { class: "box", x: right, y: y(row) - 16, width: boxWidth, height: 32, rx: 16, style: `stroke:${this.objectColour(label)}` }),
        svg("text", { x: right + boxWidth / 2, y: y(row) + 4, "text-anchor": "middle" }, cut(label)), svg("title", {}, label)));
    });
    return drawing;
  }

  drawSource(done) {
    const { finding } = this;
    const state = this.states[this.step];
    const place = (done && done.place) || (finding.steps[0] && finding.steps[0].place);
    const parse = (text) => { const found = /^(.*):(\d+):(\d+)$/.exec(text || ""); return found && { file: found[1], line: Number(found[2]), column: Number(found[3]) }; };
    const at = parse(place);
    const source = at && finding.sources.find((one) => one.file === at.file);
    if (!source) return [el("p", { class: "dim" }, place ? `The source of ${place} is not here.` : "No place.")];
    const near = source.lines.filter((line) => Math.abs(line.number - at.line) <= 40);
    const waiting = new Map();
    state.forEach((standing, thread) => {
      const next = standing.next && !standing.finished && parse(standing.next.place);
      if (!next || next.file !== at.file) return;
      waiting.set(next.line, [...(waiting.get(next.line) || []), `${finding.threads[thread].name} ${standing.blocked ? "is stuck here" : "is next here"}`]);
    });
    let before = null;
    const lines = near.map((line) => {
      const isHit = line.number === at.line;
      const isGap = before !== null && line.number > before + 1;
      before = line.number;
      const characters = [...line.text];
      const start = at.column - 1;
      let end = start;
      while (end < characters.length && /[\w:!]/.test(characters[end])) end += 1;
      const code = isHit && end > start
        ? [characters.slice(0, start).join(""), el("b", {}, characters.slice(start, end).join("")), characters.slice(end).join("")]
        : [line.text];
      const who = waiting.get(line.number);
      const shown = [el("div", { class: [isHit ? "hit" : "", isGap ? "gap" : ""].join(" ").trim() },
        el("span", { class: "number" }, String(line.number)), el("span", { class: "code" }, ...code))];
      if (who) shown.push(el("div", {}, el("span", { class: "number" }), el("span", { class: "who" }, `▴ ${who.join(", ")}`)));
      return shown;
    }).flat();
    return [el("p", { class: "meta" }, el("code", {}, place)), el("div", { class: "source mono", tabindex: "0", role: "region", "aria-label": "Source" }, ...lines)];
  }

  drawThreads() {
    const { finding } = this;
    const state = this.states[this.step];
    const rows = finding.threads.map((thread, index) => {
      const { holds, next, blocked, finished, started } = state[index];
      let doing = "not started";
      if (finished) doing = this.step === this.last && thread.panic ? `panicked: ${thread.panic}` : "has ended";
      else if (next) doing = `${blocked ? "cannot" : "is about to"} ${phrase(next.operation, next.object)}`;
      else if (started) doing = this.step === this.last && thread.panic ? `panicked: ${thread.panic}` : "runs";
      return el("tr", {},
        el("td", {}, el("span", { class: "dot", style: `--c:${colour(index)}` }), thread.name),
        el("td", { class: blocked ? "bad" : "" }, doing),
        el("td", {}, holds.join(", ")));
    });
    return el("table", { class: "threads" },
      el("thead", {}, el("tr", {}, ...["thread", "", "holds"].map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, ...rows));
  }
}
