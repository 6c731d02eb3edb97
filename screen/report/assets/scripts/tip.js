// The small box beside the pointer.

function showTip(event, lines) {
  const tip = byId("tip");
  tip.replaceChildren(...lines.map((line, k) => make(k ? "div" : "b", {}, line)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, innerWidth - width - 8);
  const top = event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${top}px`;
}

function hideTip() {
  byId("tip").hidden = true;
}
