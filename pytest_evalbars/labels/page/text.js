"use strict";
// Shows what others wrote as text, and as nothing else: elements are made here, and never from a text.

// Controls, formats, halves of characters, and what is drawn as nothing; line breaks and tabs are looked at below.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
// Of the class of formats, but drawn: marks before Arabic and other numbers.
const DRAWN = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;
const SHORT = new Map(Object.entries({
  0: "NUL", 7: "BEL", 8: "BS", 12: "FF", 13: "CR", 27: "ESC", 127: "DEL", 0xad: "SHY", 0x200b: "ZWSP",
  0x200c: "ZWNJ", 0x200d: "ZWJ", 0x200e: "LRM", 0x200f: "RLM", 0x2028: "LSEP", 0x2029: "PSEP", 0x202a: "LRE",
  0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO", 0x202e: "RLO", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI",
  0x2069: "PDI", 0xfeff: "BOM",
}));
// Of a run of hidden characters, and of a long text, so much is shown at first; of a longer list, its JSON.
const MOST_SIGNS = 12;
const FOLD = 20000;
const MOST_ENTRIES = 500;
const MOST_PIECES = 1000;
const JSON_TEXT = "text fixed";

/** An element; children are elements or texts. */
function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Adds nodes to an element; one by one, as a call takes only so many. */
function add(box, list) {
  const all = document.createDocumentFragment();
  for (const each of list) all.append(each);
  box.append(all);
}

function before(text, index) {
  const unit = text.charCodeAt(index - 1);
  return index > 1 && unit >= 0xdc00 && unit < 0xe000 ? text.slice(index - 2, index) : text.charAt(index - 1);
}

/** Whether a joiner or selector belongs to the sign before it, as in emoji and in scripts that join letters. */
function belongs(text, index, sign) {
  const last = before(text, index);
  if (sign === "\u200d" || sign === "\ufe0f" || sign === "\ufe0e") {
    if (/[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u.test(last) && last !== sign) return true;
    if (sign === "\ufe0f" && /[0-9#*]/.test(last)) return text.charAt(index + 1) === "\u20e3";
  }
  if (sign !== "\u200c" && sign !== "\u200d") return false;
  return /[\p{L}\p{M}]/u.test(last) && !/[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u.test(last);
}

function code(sign) {
  return "U+" + sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}

/** What stands for a run of hidden characters. */
function named(run) {
  const words = [];
  let number = 0;
  for (const [sign, times] of run) {
    if (words.length === MOST_SIGNS) {
      words.push(`and ${run.slice(number).reduce((sum, each) => sum + each[1], 0)} more`);
      break;
    }
    words.push((SHORT.get(String(sign.codePointAt(0))) ?? code(sign)) + (times > 1 ? ` \u00d7${times}` : ""));
    number += 1;
  }
  return words.join(" ");
}

/** A text in pieces: texts that are safe to show, and lists of [hidden character, times]. */
function pieces(text) {
  const found = [];
  let shown = 0;
  for (const match of text.matchAll(HIDDEN)) {
    const [sign] = match;
    const { index } = match;
    if (sign === "\n" || sign === "\t" || DRAWN.test(sign) || belongs(text, index, sign)) continue;
    if (index > shown) found.push(text.slice(shown, index));
    if (index > shown || !Array.isArray(found.at(-1))) found.push([]);
    const run = found.at(-1);
    if (run.length && run.at(-1)[0] === sign) run.at(-1)[1] += 1;
    else run.push([sign, 1]);
    shown = index + sign.length;
  }
  if (shown < text.length) found.push(text.slice(shown));
  return found;
}

function joined(found) {
  return found.map((piece) => (isText(piece) ? piece : `[${named(piece)}]`)).join("");
}

/** The nodes that show a text. Where it is mostly hidden characters, elements would hold the browser up for minutes. */
function nodes(text) {
  const found = pieces(text.replaceAll("\r\n", "\n"));
  if (found.length > MOST_PIECES) return [joined(found)];
  return found.map((piece) => {
    if (isText(piece)) return piece;
    return make("span", { class: "sign", title: "Cannot be seen: " + piece.slice(0, 5).map(([each]) => code(each)).join(" ") }, named(piece));
  });
}

/** The same as one text of one line, for names of elements. */
function line(text) {
  return joined(pieces(text.replaceAll(/\s+/g, " ")));
}

/** A name or word within a sentence of ours, kept from turning its direction. */
function name(text) {
  return make("bdi", {}, ...nodes(text));
}

/** Where to cut a text near a place, so that no sign is halved. */
function cutNear(text, place) {
  return before(text, place + 1).length === 2 ? place - 1 : place;
}

/** Shows a text up to a place, and a button that shows more of it. */
function unfold(box, text, from, to) {
  const end = text.length <= to * 1.2 ? text.length : cutNear(text, to);
  const list = nodes(text.slice(from, end));
  if (end < text.length) {
    const rest = (text.length - end).toLocaleString("en");
    const more = make("button", { type: "button", class: "more" }, `Show more: ${rest} characters are left`);
    more.addEventListener("click", () => {
      more.remove();
      unfold(box, text, end, end + FOLD * 2);
      const focused = box.querySelector(".more") ?? box;
      if (focused === box) box.setAttribute("tabindex", "-1");
      focused.focus({ preventScroll: true });
    });
    list.push(more);
  }
  add(box, list);
}

/** A text as it was written; a very long one is folded. */
function words(text, kind = "text") {
  const box = make("div", { class: kind, dir: kind === JSON_TEXT ? "ltr" : "auto" });
  unfold(box, text, 0, FOLD);
  return box;
}

const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isTurn = (value) => isObject(value) && isText(value.role) && isText(value.content);

/** Whatever a case recorded: a text, a list of texts, a conversation, or else JSON. */
function recorded(value) {
  if (isText(value)) return value.trim() ? words(value) : make("p", { class: "soft" }, value ? "Only blanks." : "Empty.");
  const short = Array.isArray(value) && value.length > 0 && value.length <= MOST_ENTRIES;
  if (short && value.every(isText)) {
    return make("ol", { class: "passages" }, ...value.map((each) => make("li", {}, words(each))));
  }
  if (short && value.every(isTurn)) {
    return make("div", { class: "turns" }, ...value.map((each) => make("div", { class: "turn" }, make("p", { class: "role" }, name(each.role)), words(each.content))));
  }
  return words(JSON.stringify(value, null, 2), JSON_TEXT);
}
