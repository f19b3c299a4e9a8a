"use strict";
// Finds misses by words and by slice. Without it the page shows all of them.
(() => {
  const at = (id) => document.getElementById(id);
  const list = at("list");
  if (!list) return;
  const rows = [...list.children].map((row) => ({ row, of: new Set(row.dataset.of.split(" ")), text: null }));
  const filters = [...document.querySelectorAll("select[data-filter]")];
  const search = at("search");

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
    }
    const all = found === rows.length;
    at("found").textContent = all ? `${found} shown` : `${found} of ${rows.length} shown`;
    at("reset").hidden = !(wanted.length || chosen.length);
  }

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 120);
  });
  for (const each of filters) each.addEventListener("change", find);
  at("reset").addEventListener("click", () => {
    search.value = "";
    for (const each of filters) each.value = "";
    find();
    search.focus();
  });
  at("filters").hidden = false;
  find();
})();
