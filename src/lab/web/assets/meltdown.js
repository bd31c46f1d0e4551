// The meltdown experiments: starts one, follows it, draws what it has measured so far.

// The lab's own charts. They are read as data and not as markup, so that nothing in them could run.
function chart(text) {
  return document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
}

function meltdown() {
  const status = document.getElementById("progress");
  const result = document.getElementById("result");
  let current = null;
  const cancel = () => { if (current) ask(`/api/meltdown/${current}/cancel`, {}).catch(() => {}); };
  const buttons = [...document.querySelectorAll("button[data-experiment]")];

  const run = async (button) => {
    buttons.forEach((one) => { one.disabled = true; });
    const words = el("span", {}, "starting …");
    const bar = el("progress", { "aria-label": "Points that are measured" });
    bar.value = 0;
    status.replaceChildren(el("div", { class: "running" }, bar, words, el("button", { type: "button", id: "cancel", onclick: cancel }, "Cancel")));
    try {
      current = (await ask("/api/meltdown", { experiment: button.dataset.experiment })).run;
      result.replaceChildren();
      for (;;) {
        const state = await ask(`/api/meltdown/${current}`);
        result.replaceChildren(el("p", { class: "lead" }, state.about), el("div", { class: "charts" }, ...state.charts.map(chart)));
        bar.value = state.done / state.of;
        words.textContent = `${state.doing} (${state.done} of ${state.of})`;
        if (state.state !== "running") {
          const said = { done: "✓ All is measured.", cancelled: "The experiment was stopped.", failed: `The experiment failed: ${state.doing}` };
          status.replaceChildren(el("p", { class: `verdict ${state.state === "done" ? "good" : "bad"}` }, said[state.state]));
          break;
        }
        await pause(400);
      }
    } catch (error) {
      status.replaceChildren(el("p", { class: "verdict bad" }, error.message));
    }
    current = null;
    buttons.forEach((one) => { one.disabled = false; });
    // Where the keyboard was before the button was switched off.
    button.focus({ preventScroll: true });
  };

  for (const button of buttons) button.addEventListener("click", () => run(button));
  addEventListener("pagehide", () => {
    if (current) fetch(`/api/meltdown/${current}/cancel`, { method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body: "{}" }).catch(() => {});
  });
}
