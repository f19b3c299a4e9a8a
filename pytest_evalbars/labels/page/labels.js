// The labels of one rater: kept in the browser as they are given, exported to a file, and read back from one.

const TYPE = "evalbars-labels";
const SCHEMA = 1;
const MOST_BYTES = 50_000_000;

/** Where this browser keeps things; null where it does not, as some do for files from a disk. */
function openShelf() {
  try {
    const shelf = window.localStorage;
    shelf.setItem("evalbars-try", "1");
    shelf.removeItem("evalbars-try");
    return shelf;
  } catch {
    return null;
  }
}

const shelf = openShelf();

const keyOf = (item) => JSON.stringify([item.dimension, item.of]);

function today() {
  const now = new Date();
  return [now.getFullYear(), String(now.getMonth() + 1).padStart(2, "0"), String(now.getDate()).padStart(2, "0")].join("-");
}

/** A part of a file's name that any system takes. */
function plainName(text) {
  return text.normalize("NFC").replaceAll(/[^\p{L}\p{N}._]+/gu, "-").replaceAll(/^[-.]+|[-.]+$/g, "").slice(0, 60) || "unnamed";
}

class Labels {
  constructor(review, rater) {
    this.review = review;
    this.rater = rater;
    this.place = JSON.stringify([TYPE, review, rater]);
    this.kept = new Map();
    this.fault = shelf === null ? "none" : "";
    this.exported = "[]";
    this.read();
  }

  /** Takes what the browser keeps; what cannot be read is set aside, and not lost. */
  read() {
    const text = shelf?.getItem(this.place);
    if (!text) return;
    try {
      const kept = JSON.parse(text);
      this.kept = new Map(kept.labels.map(({ key, value, note, labelled }) => [key, { value, note, labelled }]));
      this.exported = kept.exported;
    } catch {
      this.kept = new Map();
      this.fault = "unread";
      try {
        shelf.setItem(`${this.place}:unread`, text);
      } catch {
        // There is no more room: it stays where it is until the next label is given.
      }
    }
  }

  of(item) {
    return this.kept.get(keyOf(item)) ?? { value: "", note: "", labelled: "" };
  }

  put(item, change) {
    const before = this.of(item);
    const label = { ...before, ...change, labelled: today() };
    if (label.value || label.note.trim()) this.kept.set(keyOf(item), label);
    else this.kept.delete(keyOf(item));
    this.save();
  }

  save() {
    if (!shelf) return;
    const labels = [...this.kept].map(([key, label]) => ({ key, ...label }));
    try {
      shelf.setItem(this.place, JSON.stringify({ labels, exported: this.exported }));
      if (this.fault === "full") this.fault = "";
    } catch {
      this.fault = "full";
    }
  }

  /** The labels of these items, as an exported file has them; notes of what has no label are not in it. */
  lines(items) {
    return items.flatMap((item) => {
      const { value, note, labelled } = this.of(item);
      return value ? [{ dimension: item.dimension, of: item.of, value, note: note.trim(), labelled }] : [];
    });
  }

  get file() {
    return `labels-${plainName(this.review)}-${plainName(this.rater)}.json`;
  }

  /** Hands the file to the browser's downloads. */
  download(items) {
    const labels = this.lines(items);
    const document_ = { type: TYPE, schema: SCHEMA, review: this.review, rater: this.rater, labels };
    const blob = new Blob([JSON.stringify(document_, null, 1) + "\n"], { type: "application/json" });
    const address = URL.createObjectURL(blob);
    const link = make("a", { href: address, download: this.file, hidden: "" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    this.exported = JSON.stringify(labels);
    this.save();
    return labels.length;
  }

  /** Whether something would be lost if the page were closed. */
  unsafe(items) {
    return (this.fault === "none" || this.fault === "full") && JSON.stringify(this.lines(items)) !== this.exported;
  }

  /** Takes the labels of an exported file, and tells how many there were, replaced others, or fit nothing here. */
  take(lines, items, wordsOf) {
    const known = new Map(items.map((item) => [keyOf(item), item]));
    const found = { taken: 0, replaced: 0, unknown: 0 };
    for (const each of lines) {
      const item = isObject(each) ? known.get(keyOf(each)) : undefined;
      if (!item || !wordsOf(item).includes(each.value)) {
        found.unknown += 1;
        continue;
      }
      const before = this.of(item).value;
      const note = isText(each.note) ? each.note : "";
      const labelled = isText(each.labelled) && /^\d{4}-\d{2}-\d{2}$/.test(each.labelled) ? each.labelled : today();
      this.kept.set(keyOf(item), { value: each.value, note, labelled });
      found.taken += 1;
      found.replaced += before && before !== each.value ? 1 : 0;
    }
    this.save();
    return found;
  }
}

/** Reads an exported file; throws an Error whose message says what is wrong with it. */
async function readExport(file, review) {
  const again = "Choose a file that this page exported.";
  if (file.size > MOST_BYTES) throw new Error(`The file is too large. ${again}`);
  let found;
  try {
    found = JSON.parse(await file.text());
  } catch {
    throw new Error(`The file is not JSON. ${again}`);
  }
  if (!isObject(found) || found.type !== TYPE || !Array.isArray(found.labels) || !isText(found.rater) || !found.rater.trim()) {
    throw new Error(`The file holds no labels. ${again}`);
  }
  if (found.schema !== SCHEMA) throw new Error(`The file is of another version (schema ${line(String(found.schema)).slice(0, 20)}). Open it on the page that it came from.`);
  if (found.review !== review) throw new Error(`The file is of another review, ${line(String(found.review)).slice(0, 100)}. This is ${line(review)}.`);
  return found;
}
