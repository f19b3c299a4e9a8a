// The page as a whole: its data, its screens, keys and settings.

const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const guides = new Map(data.guides.map((guide) => [guide.dimension, guide]));
const noun = (count) => `${count} ${data.kind === "cases" ? "case" : "answer"}${count === 1 ? "" : "s"}`;
const SAID = 6000;

let labels = null;
let items = [];
let place = 0;
let arrived = -Infinity;
let silence = 0;

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
