// Texts whose contrast is too low, parts that overlap, controls that are small: what is shown has none of them.
() => {
  const faults = [];
  const seen = (each) => each.checkVisibility() && each.getClientRects().length && !each.closest("#status");
  const number = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = number(color).map((each) => each / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (number(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const named = (each) => `${each.tagName} ${each.id || each.className} ${each.textContent.slice(0, 30)}`;
  const all = [...document.querySelectorAll("body *:not(script):not(noscript)")].filter(seen);
  const texts = all.filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  for (const each of texts) {
    const [one, two] = [light(getComputedStyle(each).color), light(behind(each))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${named(each)}`);
  }
  const controls = all.filter((each) => each.matches("button, textarea, input"));
  for (const each of controls) {
    const { width, height } = (each.closest("label") ?? each).getBoundingClientRect();
    if (width < 44 || height < 43.5) faults.push(`small: ${named(each)} ${width} x ${height}`);
  }
  const boxes = [...new Set([...controls, ...all.filter((each) => each.matches("h1, h2, h3, p, .box, progress, #count, kbd, label"))])];
  for (const [index, one] of boxes.entries()) {
    for (const two of boxes.slice(index + 1)) {
      if (one.contains(two) || two.contains(one)) continue;
      if (one.closest("dialog") !== two.closest("dialog")) continue;
      if (one.closest(".box") || two.closest(".box")) continue;
      const [a, b] = [one.getBoundingClientRect(), two.getBoundingClientRect()];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 1) faults.push(`overlap: ${named(one)} / ${named(two)}`);
    }
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`scrolls sideways by ${wide}`);
  for (const each of boxes) {
    const box = each.getBoundingClientRect();
    if (box.left < -1 || box.right > innerWidth + 1) faults.push(`beyond the edge: ${named(each)}`);
  }
  return faults;
}
