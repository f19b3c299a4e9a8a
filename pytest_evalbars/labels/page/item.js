// One item beside its rubric, and what is said of it.

const HEADINGS = [["input", "Question"], ["context", "Context"], ["reference", "Reference answer"], ["output", "Answer"]];
// Milliseconds, faster than anybody reads: a label that comes sooner on the next item is a key that was hit twice.
const PAUSE = 200;

function part(heading, value, kind) {
  const box = make("div", { class: "box" }, recorded(value));
  return make("section", { class: `part ${kind}`, "aria-label": line(heading) }, make("h2", {}, name(heading)), box);
}

function evidenceOf(item) {
  const evidence = new Map(Object.entries(data.evidence[item.evidence]));
  const parts = [];
  for (const [key, heading] of HEADINGS) {
    if (!evidence.has(key)) continue;
    const value = evidence.get(key);
    const head = key === "input" && data.kind === "cases" ? "Case" : heading;
    evidence.delete(key);
    if (key === "output" && isObject(value) && Object.hasOwn(value, "first") && Object.hasOwn(value, "second")) {
      parts.push(make("div", { class: "pair" }, part("First answer", value.first, "output"), part("Second answer", value.second, "output")));
    } else parts.push(part(head, value, key));
  }
  for (const [key, value] of evidence) parts.push(part(key, value, "also"));
  return parts.length ? parts : [make("p", { class: "soft" }, "Nothing was recorded of this one. Say that you cannot tell.")];
}

function option(item, word, definition, number) {
  const key = word === data.unclear ? "u" : number < 9 ? String(number + 1) : "";
  const text = make("span", { class: "word" }, word === data.unclear ? "Cannot tell" : name(word));
  if (definition) text.append(make("span", { class: "definition", dir: "auto" }, ...nodes(definition)));
  const button = make("button", { type: "button", class: "option" }, make("kbd", { "aria-hidden": "true" }, key), text);
  if (key) button.setAttribute("aria-keyshortcuts", key);
  button.dataset.word = word;
  button.addEventListener("click", () => choose(word));
  return button;
}

/** Goes to an item. */
function visit(next) {
  place = Math.min(Math.max(next, 0), items.length - 1);
  arrived = -Infinity;
  const item = items[place];
  const guide = guides.get(item.dimension);
  at("item-case").replaceChildren(...(data.kind === "cases" ? [] : ["Number "]), name(item.name));
  at("item-title").textContent = `${data.kind === "cases" ? "Case" : "Answer"} ${place + 1} of ${items.length}`;
  at("evidence").replaceChildren(...evidenceOf(item));
  at("guide-title").replaceChildren(name(guide.title || guide.dimension));
  at("guide-task").replaceChildren(...(guide.task ? [words(guide.task, "task")] : []));
  at("criteria").hidden = !guide.criteria.length;
  at("criteria").querySelector("ul").replaceChildren(...guide.criteria.map((each) => make("li", {}, words(each, "criterion"))));
  const options = [...guide.words, [data.unclear, "Nobody could say from what is shown here."]];
  at("words").replaceChildren(...options.map(([word, definition], number) => option(item, word, definition, number)));
  at("previous").disabled = place === 0;
  at("next").disabled = place === items.length - 1;
  show("work");
  mark();
  for (const box of document.querySelectorAll("#evidence .box")) {
    if (box.scrollHeight <= box.clientHeight + 1) continue;
    box.setAttribute("tabindex", "0");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `${box.parentElement.getAttribute("aria-label")}, scrolls`);
  }
  at("item-title").focus({ preventScroll: true });
}

/** Shows what is labelled so far. */
function mark() {
  const label = labels.of(items[place]);
  for (const button of document.querySelectorAll("#words .option")) {
    button.setAttribute("aria-pressed", String(button.dataset.word === label.value));
  }
  if (document.activeElement !== at("note") || at("note").value.trim() !== label.note.trim()) at("note").value = label.note;
  const done = countDone();
  at("meter").max = items.length;
  at("meter").value = done;
  at("count").textContent = `${done} of ${items.length} labelled`;
  at("open").textContent = done === items.length ? "Finish" : "Next unlabelled";
  warn();
}

function choose(word) {
  if (performance.now() - arrived < PAUSE) return;
  const item = items[place];
  const before = labels.of(item).value;
  labels.put(item, { value: before === word ? "" : word });
  mark();
  const said = word === data.unclear ? "cannot tell" : word;
  const number = `${place + 1} of ${items.length}`;
  if (before === word) say(`${number}: taken back.`);
  else if (before || !at("set-onward").checked) say(`${number}: ${said}.`);
  else {
    const dimension = item.dimension;
    onward();
    arrived = performance.now();
    const other = items[place].dimension === dimension ? "" : ` Now another question: ${guides.get(items[place].dimension).title}.`;
    say(`${number}: ${said}.${other}`);
  }
}

/** Goes to the next item without a label, after this one and then from the first on. */
function onward() {
  const later = items.findIndex((item, index) => index > place && isOpen(item));
  const next = later >= 0 ? later : items.findIndex(isOpen);
  if (next < 0) finish();
  else visit(next);
}
