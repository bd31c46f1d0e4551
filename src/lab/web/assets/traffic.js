// The server at work: starts one, and shows four times a second where each of its threads is.

const STEPS = {
  free: "waits at the queue: it is empty", busy: "between two steps", accept: "in accept: waits for the next client", handle: "runs the handler",
  disk: "waits for the disk", read: "in read: waits for the client's bytes", write: "in write: waits for the client to read",
  queued: "in the queue: no worker is free", idle: "between two requests: parked, holds no thread", leaving: "was answered for the last time; waits until the client has gone", ended: "has ended",
};

function traffic() {
  const status = document.getElementById("progress");
  const buttons = [...document.querySelectorAll("button[data-clients]")];
  const at = (id) => document.getElementById(id);
  let current = null;
  const cancel = () => { if (current) ask(`/api/traffic/${current}/cancel`, {}).catch(() => {}); };
  const since = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
  const thread = (one) => el("div", { class: `served step-${one.step}` }, el("strong", {}, one.name), " ", el("span", { class: "step" }, one.step),
    el("div", { class: "dim" }, `${STEPS[one.step] || one.step}, for ${since(one.since_ms)}${one.connection ? `; connection ${one.connection}` : ""}`));

  const show = ({ server, cache, left_ms, clients }) => {
    const { counters } = server;
    at("acceptor").replaceChildren(thread(server.acceptor), el("p", {}, `${plural(counters.connections, "connection")} accepted`));
    const places = Array.from({ length: server.queue.max }, (_, index) => el("span", { class: index < server.queue.now ? "place taken" : "place" }));
    at("queue").replaceChildren(el("div", { class: "places" }, ...places),
      el("p", {}, `${server.queue.now} of ${server.queue.max} places taken; ${plural(counters.shed, "client")} turned away (503)`));
    at("workers").replaceChildren(...server.workers.map(thread));
    at("table").replaceChildren(el("p", {}, `${plural(server.connections.now, "connection")}, ${server.parked} parked`),
      el("ul", { class: "rows" }, ...server.rows.slice(0, 24).map((row) => el("li", { class: `step-${row.step}` }, `${row.id} `,
        el("span", { class: "step" }, row.step), el("span", { class: "dim" }, ` ${since(row.since_ms)}, ${row.worker === null ? "no thread" : `worker ${row.worker}`}, ${plural(row.requests, "answer")}`)))));
    at("cache").replaceChildren(el("p", {}, `${cache.entries} files, room for ${cache.room}`),
      el("p", {}, `${plural(cache.hits, "hit")}, ${cache.misses} loaded from the disk, ${cache.joined} waited for another's load, ${cache.evicted} made room`));
    return `${plural(clients, "client")}, ${plural(counters.requests, "answer")} so far; ${Math.ceil(left_ms / 1000)} s left`;
  };

  const run = async (button) => {
    buttons.forEach((one) => { one.disabled = true; });
    const words = el("span", {}, "starting …");
    status.replaceChildren(el("div", { class: "running" }, words, el("button", { type: "button", id: "cancel", onclick: cancel }, "Stop")));
    try {
      current = (await ask("/api/traffic", { clients: Number(button.dataset.clients) })).run;
      for (;;) {
        const state = await ask(`/api/traffic/${current}`);
        if (!state.running) break;
        words.textContent = show(state);
        await pause(250);
      }
      status.replaceChildren(el("p", { class: "verdict" }, "The traffic has ended."));
    } catch (error) {
      status.replaceChildren(el("p", { class: "verdict bad" }, error.message));
    }
    current = null;
    buttons.forEach((one) => { one.disabled = false; });
    button.focus({ preventScroll: true });
  };

  for (const button of buttons) button.addEventListener("click", () => run(button));
  addEventListener("pagehide", () => {
    if (current) fetch(`/api/traffic/${current}/cancel`, { method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body: "{}" }).catch(() => {});
  });
}
