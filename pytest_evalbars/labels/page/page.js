// The page: who labels, the item and its rubric, and the end.

const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const guides = new Map(data.guides.map((guide) => [guide.dimension, guide]));
const noun = (count) => `${count} ${data.kind === "cases" ? "case" : "answer"}${count === 1 ? "" : "s"}`;
const HEADINGS = [["input", "Question"], ["context", "Context"], ["reference", "Reference answer"], ["output", "Answer"]];
// Milliseconds, faster than anybody reads: a label that comes sooner on the next item is a key that was hit twice.
const PAUSE = 200;
const SAID = 6000;
const MOST_TITLES = 6;

let labels = null;
let items = [];
let place = 0;
let arrived = -Infinity;
let silence = 0;

/** A number that is the same whenever the same text comes: cyrb53, 53 bits. */
function hash(text) {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** What a rater is given: one dimension after the other, each in an order of this rater's own. */
function given(rater) {
  const planned = data.raters.includes(rater);
  const order = [...guides.keys()];
  return data.items
    .filter((item) => guides.has(item.dimension) && (!planned || !item.raters.length || item.raters.includes(rater)))
    .map((item) => [order.indexOf(item.dimension), hash(JSON.stringify([data.seed, data.review, rater, item.dimension, item.of])), item])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map((each) => each[2]);
}

const wordsOf = (item) => [...guides.get(item.dimension).words.map(([word]) => word), data.unclear];
const isOpen = (item) => !labels.of(item).value;
const countDone = () => items.filter((item) => !isOpen(item)).length;

/** Says something once; what went wrong stays until something else is said. */
function say(text, stays = false) {
  clearTimeout(silence);
  at("status").replaceChildren(...nodes(text));
  if (!stays) silence = setTimeout(() => at("status").replaceChildren(), SAID);
}

function show(view) {
  for (const id of ["start", "work", "done"]) at(id).hidden = id !== view;
  window.scrollTo(0, 0);
}

function warn() {
  const texts = {
    none: "This browser keeps nothing for this page, as some do for files from a disk. Do not close it before you have exported your labels.",
    full: "This browser has no more room for your labels. Do not close the page before you have exported them.",
    unread: "What this browser kept of your labels could not be read; it was set aside. If you exported them before, open that file on the first screen.",
  };
  const fault = labels ? labels.fault : shelf ? "" : "none";
  at("warning").hidden = !fault;
  at("warning").textContent = texts[fault] ?? "";
}

// -- who labels

function start() {
  labels = null;
  remember("");
  document.title = `Labelling \u2013 ${line(data.review)}`;
  const drawn = new Date(`${data.drawn}T12:00`).toLocaleDateString("en-GB", { dateStyle: "long" });
  at("start-review").replaceChildren("Review ", name(data.review), ` \u00b7 ${drawn}`);
  at("start-title").textContent = data.kind === "cases" ? "Check these cases" : "Label these answers";
  const titles = data.guides.slice(0, MOST_TITLES).flatMap((guide, index) => [index ? " \u00b7 " : "", make("strong", {}, name(guide.title || guide.dimension))]);
  const further = data.guides.length - MOST_TITLES;
  at("start-asked").replaceChildren(...titles, further > 0 ? ` and ${further} more` : "");
  at("raters").replaceChildren(...data.raters.map(choice));
  at("who").hidden = false;
  at("name-label").textContent = data.raters.length ? "Another name" : "Your name";
  warn();
  show("start");
}

function choice(rater) {
  const theirs = given(rater);
  const kept = new Labels(data.review, rater);
  const done = theirs.filter((item) => kept.of(item).value).length;
  const soft = make("span", { class: "soft" }, done ? `${done} of ${noun(theirs.length)} labelled` : noun(theirs.length));
  const button = make("button", { type: "button" }, name(rater), soft);
  button.addEventListener("click", () => begin(rater));
  return make("li", {}, button);
}

/** The name as it is planned, where it is the same but for case and blanks. */
function written(text) {
  const rater = text.trim().replaceAll(/\s+/g, " ").slice(0, 200);
  return data.raters.find((each) => each.toLowerCase() === rater.toLowerCase()) ?? rater;
}

function enter() {
  const rater = written(at("name").value);
  if (!rater) say("Write your name first.", true);
  else if (rater.toLowerCase() === data.settled) say(`The name \u201c${data.settled}\u201d is for what raters settle together. Write your own.`, true);
  else begin(rater);
}

/** Keeps the rater for this tab alone, so that loading it anew asks nobody again. */
function remember(rater) {
  try {
    window.sessionStorage.setItem("evalbars-rater", JSON.stringify([data.review, rater]));
  } catch {
    // Then it is asked again.
  }
}

function remembered() {
  try {
    const [review, rater] = JSON.parse(window.sessionStorage.getItem("evalbars-rater"));
    return review === data.review ? rater : "";
  } catch {
    return "";
  }
}

function begin(rater) {
  labels = new Labels(data.review, rater);
  items = given(rater);
  remember(rater);
  warn();
  if (!items.length) {
    start();
    say("There is nothing to label for this name.");
    return;
  }
  document.title = `${line(rater)} \u2013 ${line(data.review)}`;
  at("switch").replaceChildren(name(rater), make("span", { class: "soft" }, "change"));
  at("switch").setAttribute("aria-label", `You are ${line(rater)}; change`);
  say(data.raters.includes(rater) || !data.raters.length ? "" : `The plan of this review does not name you: you see all of it, ${noun(items.length)}.`);
  place = items.findIndex(isOpen);
  if (place < 0) finish();
  else visit(place);
}

async function takeFile(file) {
  try {
    const found = await readExport(file, data.review);
    begin(written(found.rater));
    if (!labels) return;
    const { taken, replaced, unknown } = labels.take(found.labels, items, wordsOf);
    place = Math.max(0, items.findIndex(isOpen));
    if (countDone() === items.length) finish();
    else visit(place);
    const parts = [`Taken from the file: ${taken} label${taken === 1 ? "" : "s"}.`];
    if (replaced) parts.push(`${replaced} replaced what was here.`);
    if (unknown) parts.push(`${unknown} fit nothing in this review and were left out.`);
    say(parts.join(" "));
  } catch (error) {
    say(error.message, true);
  }
}

// -- one item

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
    evidence.delete(key);
    if (key === "output" && isObject(value) && Object.hasOwn(value, "first") && Object.hasOwn(value, "second")) {
      parts.push(make("div", { class: "pair" }, part("First answer", value.first, "output"), part("Second answer", value.second, "output")));
    } else parts.push(part(heading, value, key));
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
  at("item-case").replaceChildren(name(item.case));
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

// -- the end

function finish() {
  const unclear = items.filter((item) => labels.of(item).value === data.unclear).length;
  at("done-review").replaceChildren(name(labels.rater), " \u00b7 Review ", name(data.review));
  at("done-lead").textContent = `You labelled ${noun(items.length)}${unclear ? `; of ${unclear} you could not tell` : ""}.`;
  at("done-file").textContent = labels.file;
  at("done-command").textContent = `evalbars labels add ${labels.file}`;
  show("done");
  warn();
  at("done-title").focus({ preventScroll: true });
}

function save() {
  const count = labels.download(items);
  const noted = items.filter((item) => isOpen(item) && labels.of(item).note.trim()).length;
  const parts = [`Exported ${count} label${count === 1 ? "" : "s"} to ${labels.file}.`];
  if (noted) parts.push(`Not in it: ${noted} note${noted === 1 ? "" : "s"} on what has no label yet.`);
  say(parts.join(" "));
}

// -- keys and settings

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || at("helping").open) return;
  const field = event.target.closest?.("input, textarea");
  if (event.key === "Escape" && event.target === at("note")) at("item-title").focus({ preventScroll: true });
  if (field || !labels) return;
  const arrow = event.key.startsWith("Arrow");
  if (!arrow && !at("set-keys").checked) return;
  const working = !at("work").hidden;
  const act = {
    ArrowRight: () => working && place < items.length - 1 && visit(place + 1),
    ArrowLeft: () => (working ? place > 0 && visit(place - 1) : visit(items.length - 1)),
    n: () => working && at("note").focus(),
    e: save,
    "?": help,
  };
  act.j = act.ArrowRight;
  act.k = act.ArrowLeft;
  const option = working && document.querySelector(`#words [aria-keyshortcuts="${/^[1-9u]$/.test(event.key) ? event.key : "none"}"]`);
  const run = option ? () => event.repeat || choose(option.dataset.word) : Object.hasOwn(act, event.key) && act[event.key];
  if (!run) return;
  event.preventDefault();
  run();
}

function help() {
  at("helping").showModal();
  at("help-title").focus();
}

const SETTINGS = ["set-onward", "set-keys", "set-fixed"];

function keepSettings() {
  document.body.classList.toggle("all-fixed", at("set-fixed").checked);
  try {
    shelf?.setItem("evalbars-settings", JSON.stringify(SETTINGS.map((id) => at(id).checked)));
  } catch {
    // They hold until the page is closed.
  }
}

function takeSettings() {
  try {
    JSON.parse(shelf.getItem("evalbars-settings")).forEach((checked, index) => {
      at(SETTINGS[index]).checked = checked === true;
    });
  } catch {
    // There are none: those of the page hold.
  }
  document.body.classList.toggle("all-fixed", at("set-fixed").checked);
}

const on = (id, act, kind = "click") => at(id).addEventListener(kind, act);
on("enter", enter);
on("name", (event) => event.key === "Enter" && enter(), "keydown");
on("import", () => at("file").click());
on("file", async () => {
  const [file] = at("file").files;
  if (file) await takeFile(file);
  at("file").value = "";
}, "change");
on("switch", start);
on("done-switch", start);
on("again", () => visit(0));
on("open", onward);
on("export", save);
on("done-export", save);
on("help", help);
on("close", () => at("helping").close());
on("previous", () => visit(place - 1));
on("next", () => visit(place + 1));
on("note", () => {
  labels.put(items[place], { note: at("note").value });
  warn();
}, "input");
for (const id of SETTINGS) on(id, keepSettings, "change");
document.addEventListener("keydown", press);
// Another tab of the same rater: what is labelled there is labelled here.
window.addEventListener("storage", (event) => {
  if (!labels || event.key !== labels.place) return;
  labels.read();
  if (!at("work").hidden) mark();
});
window.addEventListener("beforeunload", (event) => {
  if (labels?.unsafe(items)) event.preventDefault();
});

takeSettings();
const known = remembered();
if (known) begin(known);
else start();
