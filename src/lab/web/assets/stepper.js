"use strict";
// You are the scheduler: every thread with its next operation, one of them to be chosen.
class Stepper {
  constructor(root, { lesson, program, programs, file }) {
    this.root = root;
    this.wanted = { lesson, program };
    this.expected = programs.find((one) => one.name === program).expected;
    this.file = file;
    this.key = `unsnarl-lab-moves/${lesson}/${program}`;
    this.moves = [];
    this.before = null;
    this.way = null;
    this.busy = false;
  }

  begin() {
    const button = (id, key, text, action) => el("button", { type: "button", id, onclick: action, "aria-keyshortcuts": key }, text, " ", el("kbd", {}, key));
    this.status = el("div", { class: "now", role: "status", "aria-live": "polite" });
    this.threads = el("div", { class: "columns-of-threads" });
    this.objects = el("div", { class: "scroll" });
    this.steps = el("div", { class: "steps scroll", tabindex: "0", role: "region", "aria-label": "Steps so far" });
    this.finding = el("div");
    this.undoButton = button("undo", "u", "Undo", () => this.undo());
    this.resetButton = button("reset", "r", "From the beginning", () => this.go([]));
    this.root.replaceChildren(
      el("div", { class: "controls" }, this.undoButton, this.resetButton,
        button("hint", "h", "Hint", () => this.hint()),
        button("reachable", "q", "Still reachable?", () => this.reachable()),
        this.status),
      this.threads,
      el("div", { class: "view" },
        el("section", { class: "panel" }, el("h2", {}, "Steps so far"), this.steps),
        el("section", { class: "panel" }, el("h2", {}, "Objects and values"), this.objects)),
      this.finding);
    document.addEventListener("keydown", (event) => this.pressed(event));
    let kept = [];
    try { kept = JSON.parse(localStorage.getItem(this.key)) || []; } catch { /* nothing is kept */ }
    this.go(kept, { begins: true });
  }

  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    const keys = { u: () => this.undo(), Backspace: () => this.undo(), r: () => this.go([]), h: () => this.hint(), q: () => this.reachable() };
    const number = Number(event.key);
    if (event.key in keys) keys[event.key]();
    else if (number >= 1 && number <= 9) this.root.querySelector(`[data-key="${number}"]:not(:disabled)`)?.click();
    else return;
    event.preventDefault();
  }

  say(...parts) { this.status.replaceChildren(...parts); }

  // Asks one thing after the other.
  async alone(work) {
    if (this.busy) return;
    this.busy = true;
    this.root.setAttribute("aria-busy", "true");
    try { await work(); } catch (error) { this.say(el("span", { class: "bad" }, error.message)); }
    this.busy = false;
    this.root.removeAttribute("aria-busy");
  }

  go(moves, { begins = false } = {}) {
    return this.alone(async () => {
      let answer;
      try {
        answer = await ask("/api/step", { ...this.wanted, moves });
      } catch (error) {
        // What was kept may be of another version of the program.
        if (!begins || !moves.length) throw error;
        answer = await ask("/api/step", { ...this.wanted, moves: [] });
      }
      this.before = this.position;
      this.moves = answer.moves;
      this.position = answer.position;
      try { localStorage.setItem(this.key, JSON.stringify(this.moves)); } catch { /* nothing is kept */ }
      this.show();
    });
  }

  choose(next) { return this.go([...this.moves, next]); }

  undo() {
    const last = this.moves.findLastIndex((next) => "thread" in next);
    if (last < 0) return this.say("This is the beginning.");
    return this.go(this.moves.slice(0, last));
  }

  words(next) {
    if ("value" in next) return `answer ${next.value}`;
    const thread = this.position.threads[next.thread];
    return thread && thread.next ? `${thread.name}: ${phrase(thread.next.operation, thread.next.object)}` : `thread ${next.thread}`;
  }

  outlook(then) {
    this.say("looking …");
    return this.alone(async () => then(await ask("/api/outlook", { ...this.wanted, moves: this.moves })));
  }

  hint() {
    return this.outlook((outlook) => {
      if (outlook.outlook !== "reachable") return this.sayOutlook(outlook);
      if (!outlook.way.length) return this.say(`It is here: ${outlook.kind}.`);
      this.root.querySelectorAll(".hinted").forEach((one) => one.classList.remove("hinted"));
      const [next] = outlook.way;
      const button = this.root.querySelector("thread" in next ? `[data-thread="${next.thread}"]` : `[data-value="${next.value}"]`);
      if (button) button.classList.add("hinted");
      return this.say("Hint: ", el("strong", {}, this.words(next)), ".");
    });
  }

  reachable() { return this.outlook((outlook) => this.sayOutlook(outlook)); }

  sayOutlook(outlook) {
    if (outlook.outlook === "unreachable") {
      return this.say(`No bug can be reached from here any more: all that can follow was looked at, in ${plural(outlook.executions, "execution")}. `,
        this.moves.length ? "Go back and choose otherwise." : "");
    }
    if (outlook.outlook === "unknown") return this.say(`Unknown: no bug was seen within ${plural(outlook.executions, "execution")}, and there is more.`);
    const count = outlook.way.filter((next) => "thread" in next).length;
    if (!count) return this.say(`It is here: ${outlook.kind}.`);
    const show = el("button", { type: "button", id: "way", onclick: () => this.walk(outlook.way) }, "Show it");
    return this.say(`Yes: a ${outlook.kind} is ${plural(count, "step")} away (${outlook.is_shortest ? "there is no shorter way" : "the shortest way that was seen"}). `, show);
  }

  async walk(way) {
    for (const next of way) {
      await this.choose(next);
      await pause(500);
    }
  }

  show() {
    const { position } = this;
    this.undoButton.disabled = !this.moves.length;
    this.resetButton.disabled = !this.moves.length;
    this.threads.replaceChildren(...(position.question ? [this.question()] : []), ...position.threads.map((thread, index) => this.thread(thread, index)));
    this.objects.replaceChildren(this.drawObjects());
    this.steps.replaceChildren(this.drawSteps());
    this.steps.scrollTop = this.steps.scrollHeight;
    this.markSource();
    this.drawEnd();
  }

  drawEnd() {
    const { finding, end, steps, threads, question } = this.position;
    if (finding) {
      const wanted = finding.kind === this.expected;
      if (wanted) mark(this.wanted.lesson, "found");
      this.say(el("strong", { class: wanted ? "good" : "bad" }, wanted ? `You found the ${finding.kind} in ${plural(steps.length, "step")}.` : `This is a ${finding.kind}.`));
      this.finding.replaceChildren(el("section", { class: "panel" }, el("h2", {}, ...prose(finding.title)),
        el("div", { class: "words" }, ...finding.explanation.map((text) => el("p", {}, ...prose(text))))));
      return;
    }
    this.finding.replaceChildren();
    if (end) this.say(`It is over without a bug: ${end}. Undo, or begin again.`);
    else if (question) this.say("The step needs a decision.");
    else if (steps.length) {
      const last = steps[steps.length - 1];
      this.say(`Step ${steps.length}: `, el("strong", {}, threads[last.thread].name), " did ", el("code", {}, phrase(last.operation, last.object)), last.outcome ? ` (${last.outcome})` : "", ".");
    } else this.say("Choose who takes the first step.");
  }

  question() {
    const { question } = this.position;
    return el("section", { class: "panel question" }, el("p", {}, ...prose(question.text)),
      ...question.answers.map(([value, text], nth) => el("button", { type: "button", "data-value": value, "data-key": nth + 1, onclick: () => this.choose({ value }) }, text, " ", el("kbd", {}, String(nth + 1)))));
  }

  line(place) {
    const found = /^(.*):(\d+):(\d+)$/.exec(place || "");
    return found && found[1] === this.file ? Number(found[2]) : null;
  }

  thread(thread, index) {
    const { threads, question } = this.position;
    const possible = ["ready", "times-out", "wakes-spuriously"].includes(thread.turn) && !question;
    const names = (all) => all.map((other) => threads[other].name).join(", ");
    let state = "";
    if (thread.turn === "ended") state = thread.panic ? `panicked: ${thread.panic}` : "has ended";
    else if (thread.turn === "blocked") state = thread.waits_for.length ? `waits for ${names(thread.waits_for)}` : "cannot go on";
    else if (thread.turn === "times-out") state = "can go on by running out of time";
    else if (thread.turn === "wakes-spuriously") state = "can wake up for no reason";
    const line = thread.next && this.line(thread.next.place);
    const row = line && document.getElementById(`L${line}`);
    const code = row ? row.querySelector(".code").textContent.trim() : "";
    const key = index + 1;
    return el("section", { class: `panel thread ${thread.turn}`, style: `--c:${colour(index)}` },
      el("h2", {}, el("span", { class: "dot", style: `--c:${colour(index)}` }), thread.name),
      el("div", { class: "next" }, thread.next ? el("code", {}, phrase(thread.next.operation, thread.next.object)) : ""),
      el("div", { class: "line mono" }, line ? `${line}: ${code}` : thread.next ? thread.next.place : ""),
      el("div", { class: `state ${thread.turn === "blocked" ? "bad" : "dim"}` }, state),
      el("div", { class: "dim" }, thread.holds.length ? `holds ${thread.holds.map((held) => held.object.label).join(", ")}` : ""),
      thread.turn === "ended" ? null : el("button", { type: "button", "data-thread": index, "data-key": question ? null : key, disabled: !possible, onclick: () => this.choose({ thread: index }) },
        "Step ", el("kbd", {}, String(key))));
  }

  drawObjects() {
    const { objects, values, threads } = this.position;
    const old = this.before || { objects: [], values: [] };
    const names = (all) => all.map((index) => threads[index].name).join(", ");
    const rows = objects.map((object) => {
      const before = old.objects.find((one) => one.label === object.label);
      const changed = before && ["state", "holders", "waiting"].some((key) => JSON.stringify(before[key]) !== JSON.stringify(object[key]));
      const who = [object.holders.length && `held by ${names(object.holders)}`, object.waiting.length && `awaited by ${names(object.waiting)}`].filter(Boolean);
      return el("tr", { class: changed ? "changed" : "" }, el("th", { scope: "row" }, object.label), el("td", { class: "dim" }, object.kind), el("td", {}, object.state), el("td", {}, who.join("; ")));
    });
    for (const { name, value } of values) {
      const before = old.values.find((one) => one.name === name);
      rows.push(el("tr", { class: before && before.value !== value ? "changed" : "" }, el("th", { scope: "row" }, name), el("td", { class: "dim" }, "value"), el("td", {}, value), el("td")));
    }
    if (!rows.length) return el("p", { class: "dim" }, "None yet.");
    return el("table", { class: "objects" }, el("tbody", {}, ...rows));
  }

  drawSteps() {
    const { steps, threads } = this.position;
    if (!steps.length) return el("p", { class: "dim" }, "None yet.");
    return el("ol", {}, ...steps.map((step) => el("li", {}, el("span", { class: "dot", style: `--c:${colour(step.thread)}` }), `${threads[step.thread].name}: `,
      el("code", {}, phrase(step.operation, step.object)), step.outcome ? ` (${step.outcome})` : "")));
  }

  // Who is where in the source below.
  markSource() {
    document.querySelectorAll(".listing .who").forEach((one) => one.remove());
    document.querySelectorAll(".listing .hit").forEach((one) => one.classList.remove("hit"));
    this.position.threads.forEach((thread, index) => {
      const line = thread.next && this.line(thread.next.place);
      const row = line && document.getElementById(`L${line}`);
      if (!row) return;
      row.classList.add("hit");
      row.append(el("span", { class: "who", style: `--c:${colour(index)}` }, thread.name));
    });
    const last = this.position.steps.at(-1);
    const line = last && this.line((this.position.threads[last.thread].next || last).place);
    const row = line && document.getElementById(`L${line}`);
    if (row) this.keepInSight(row);
  }

  // Only the listing scrolls, not the page.
  keepInSight(row) {
    const listing = row.closest(".listing");
    const isSeen = row.offsetTop >= listing.scrollTop && row.offsetTop + row.offsetHeight <= listing.scrollTop + listing.clientHeight;
    if (!isSeen) listing.scrollTop = row.offsetTop - listing.clientHeight / 2;
  }
}
