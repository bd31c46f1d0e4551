(() => {
  const problems = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth + 1) problems.push(`the page is ${root.scrollWidth} wide in a window of ${innerWidth}`);
  // What of a box is to be seen: the part that no ancestor cuts off.
  const visible = (rect, element) => {
    let { left, top, right, bottom } = rect;
    for (let at = element; at && at !== root; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.visibility === "hidden" || style.display === "none") return null;
      if (style.overflowX !== "visible" || style.overflowY !== "visible") {
        const clip = at.getBoundingClientRect();
        left = Math.max(left, clip.left); top = Math.max(top, clip.top);
        right = Math.min(right, clip.right); bottom = Math.min(bottom, clip.bottom);
      }
    }
    return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
  };
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("script, style, noscript, title, details:not([open]) > :not(summary)")) continue;
    // What sticks to the top is meant to cover what scrolls below it.
    if ([...function* () { for (let at = parent; at; at = at.parentElement) yield at; }()].some((at) => getComputedStyle(at).position === "sticky")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = visible(rect, parent);
      if (box) boxes.push({ ...box, node, text: node.data.trim().slice(0, 40) });
    }
  }
  const slack = 3;
  for (let i = 0; i < boxes.length; i += 1) {
    for (let j = i + 1; j < boxes.length; j += 1) {
      const [a, b] = [boxes[i], boxes[j]];
      if (a.node === b.node) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > slack && height > slack + 2) problems.push(`"${a.text}" and "${b.text}" overlap by ${width.toFixed(0)}x${height.toFixed(0)}`);
    }
  }
  return problems.slice(0, 10).join("\n");
})()
