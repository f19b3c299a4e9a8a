"use strict";
// Finds misses by words and by slice. Without it the page shows all of them.
(() => {
  const at = (id) => document.getElementById(id);
  const list = at("list");
  if (!list) return;
  const rows = [...list.children].map((row) => ({ row, of: new Set(row.dataset.of.split(" ")), text: null }));
  const filters = [...document.querySelectorAll("select[data-filter]")];
  const search = at("search");
  // So many are shown at first, so that what comes after them is within reach; in print all are.
  const FIRST = 100;
  let most = FIRST;

  function words() {
    return search.value.toLowerCase().split(/\s+/).filter(Boolean);
  }

  function find() {
    const wanted = words();
    const chosen = filters.map((each) => each.value).filter(Boolean);
    let found = 0;
    for (const each of rows) {
      if (wanted.length) each.text ??= each.row.textContent.toLowerCase();
      const fits = chosen.every((value) => each.of.has(value)) && wanted.every((word) => each.text.includes(word));
      each.row.hidden = !fits;
      found += fits;
      each.row.classList.toggle("later", fits && found > most);
    }
    const all = found === rows.length;
    at("found").textContent = all ? `${found} in all` : `${found} of ${rows.length}`;
    at("rest").hidden = found <= most;
    at("more").textContent = `Show the other ${found - most}`;
    at("reset").hidden = !(wanted.length || chosen.length);
  }

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 120);
  });
  for (const each of filters) each.addEventListener("change", find);
  at("more").addEventListener("click", () => {
    const next = rows.find((each) => each.row.classList.contains("later"));
    most = Infinity;
    find();
    next?.row.querySelector("summary").focus();
  });
  at("reset").addEventListener("click", () => {
    search.value = "";
    for (const each of filters) each.value = "";
    find();
    search.focus();
  });
  at("filters").hidden = false;
  find();
})();
