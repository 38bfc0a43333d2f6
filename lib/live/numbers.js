/** What of the page is text: numbers, and rows of outages. */

const MAX_ROWS = 20;

/** Numbers with their names, as the app words them. */
export function showTiles(target, tiles) {
  target.replaceChildren(...tiles.map(({ id, name, value, detail, isBad }) => {
    const tile = element("div", "");
    tile.className = "tile";
    tile.id = `tile-${id}`;
    tile.toggleAttribute("data-bad", isBad);
    tile.append(element("span", name), element("b", value), element("small", detail));
    return tile;
  }));
}

/** The last outages, the newest first. */
export function showOutages(target, outages) {
  const last = outages.slice(-MAX_ROWS).reverse();
  target.replaceChildren(...last.map(({ startUs, endUs, cause, count, isOpen }) => {
    const row = element("tr", "");
    const time = `${new Date(startUs / 1000).toISOString().slice(11, 23)} UTC`;
    const state = isOpen ? "lasts" : count > 1 ? `${count} outages` : "";
    const cells = [time, lengthText(endUs - startUs), state, cause];
    row.append(...cells.map((cell) => element("td", cell)));
    return row;
  }));
}

/** What there is at a time that is pointed at; `tier` has columns as the app sends them. */
export function textAt(atS, { tier, startS, outages }) {
  const column = tier?.columns[Math.floor((atS - startS) / tier.widthS) - tier.from];
  const outage = outages.find(({ startUs, endUs }) => startUs <= atS * 1e6 && atS * 1e6 <= endUs);
  const names = ["count", "min", "p50", "p90", "p99", "max", "lost"];
  const values = column ? names.map((name, n) => `${name} ${column[n] ?? "-"}`) : [];
  if (outage) {
    values.unshift(`outage of ${lengthText(outage.endUs - outage.startUs)}: ${outage.cause}`);
  }
  return values.join("   ");
}

export function lengthText(us) {
  return us >= 1e6 ? `${(us / 1e6).toFixed(1)} s` : `${Math.round(us / 1000)} ms`;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
