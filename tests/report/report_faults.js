// What is wrong with a page for who reads it with eyes, keys or ears: a page has none of it.
() => {
  const faults = [];
  const seen = (each) => each.checkVisibility({ checkVisibilityCSS: true }) && each.getClientRects().length > 0;
  const parts = (color) => color.match(/[\d.]+/g).map(Number);
  const over = (front, back) => {
    const [r, g, b, a = 1] = parts(front);
    return [r, g, b].map((each, place) => a * each + (1 - a) * back[place]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((each) => each / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (each) => {
    const colors = [];
    for (let at = each; at; at = at.parentElement) colors.unshift(getComputedStyle(at).backgroundColor);
    return colors.filter((color) => /^rgb/.test(color)).reduce((back, color) => over(color, back), [255, 255, 255]);
  };
  const named = (each) => `${each.tagName} .${each.getAttribute("class")} ${each.textContent.trim().slice(0, 40)}`;
  const ratio = (front, back) => {
    const [one, two] = [light(over(front, back)), light(back)];
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  };
  const all = [...document.querySelectorAll("body *:not(script)")].filter(seen);
  for (const each of all) {
    const said = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!said) continue;
    const style = getComputedStyle(each);
    const color = each instanceof SVGElement ? style.fill : style.color;
    const found = ratio(color, behind(each));
    if (found < 4.5) faults.push(`contrast ${found.toFixed(2)}: ${named(each)}`);
  }
  for (const each of document.querySelectorAll("circle.value, line.threshold, circle.dot:not(.unknown), .strip circle")) {
    if (!seen(each)) continue;
    const style = getComputedStyle(each);
    const color = each.matches("line") ? style.stroke : style.fill;
    const opacity = Number(style.opacity);
    if (opacity === 1 && ratio(color, behind(each.closest("svg").parentElement)) < 3) faults.push(`faint: ${named(each)}`);
  }
  let level = 0;
  for (const each of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const now = Number(each.tagName[1]);
    if (now > level + 1) faults.push(`heading ${level} to ${now}: ${named(each)}`);
    level = now;
  }
  for (const each of document.querySelectorAll("svg")) {
    if (each.closest("[aria-hidden=true]")) continue;
    if (each.getAttribute("role") !== "img" || !each.getAttribute("aria-label")) faults.push(`drawing without words: ${named(each)}`);
  }
  for (const each of document.querySelectorAll("table")) {
    if (!each.caption || !each.caption.textContent.trim()) faults.push(`table without caption: ${named(each)}`);
  }
  for (const each of document.querySelectorAll("th")) {
    if (!each.scope) faults.push(`head without scope: ${named(each)}`);
  }
  for (const each of document.querySelectorAll("input, select")) {
    if (!each.labels.length) faults.push(`control without label: ${named(each)}`);
  }
  for (const each of document.querySelectorAll("[role=region], section, nav, [role=search]")) {
    if (!each.getAttribute("aria-label") && !each.getAttribute("aria-labelledby")) faults.push(`no name: ${named(each)}`);
  }
  for (const each of document.querySelectorAll("[aria-labelledby]")) {
    if (!document.getElementById(each.getAttribute("aria-labelledby"))) faults.push(`named by nothing: ${named(each)}`);
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`scrolls sideways by ${wide}`);
  for (const each of all) {
    if (each.closest("svg, .scroll, .hidden, .skip")) continue;
    const box = each.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > innerWidth + 1)) faults.push(`beyond the edge: ${named(each)}`);
  }
  return faults;
}
