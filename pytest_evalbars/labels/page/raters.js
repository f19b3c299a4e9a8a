// Who labels, and what they are given.

const MOST_TITLES = 6;

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
