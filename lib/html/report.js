/** The plots of a report: all that they draw is in the page. */

import { textAt } from "../live/numbers.js";
import {
  dataOf,
  DELAY_HEIGHT,
  delayPlot,
  drawHistogram,
  OFFSET,
  OFFSET_HEIGHT,
  offsetPlot,
  size,
} from "../live/plots.js";

/** What is left of a sheet of A4 between its margins, in CSS pixels. */
const PRINTED_WIDTH = 640;

const { startS, boundsS, peers } = JSON.parse(document.getElementById("data").textContent);
let [wantsLog, isPrinting] = [true, false];
let drawn = [];

function drawAll() {
  for (const plot of drawn) plot.destroy();
  drawn = [];
  peers.forEach((peer, at) => {
    if (peer.tier) drawPeer(document.querySelector(`[data-peer="${at}"]`), peer);
  });
}

function drawPeer(section, { of, tier, counts, outages }) {
  const $ = (name) => section.querySelector(`.${name}`);
  const isLog = wantsLog && of === "delay";
  const state = () => ({ ...tier, startS, outages });
  const onHover = (atS) => {
    const text = atS === undefined ? "" : textAt(atS, { tier, startS, outages });
    $("under").textContent = text || "\u00a0";
  };
  const data = dataOf(tier, startS, isLog);
  show(delayPlot($("delay"), { isLog, state, onHover }), data.delay, DELAY_HEIGHT);
  if (tier.columns.some((column) => column[OFFSET] !== null)) {
    $("if-offset").hidden = false;
    show(offsetPlot($("offset")), data.offset, OFFSET_HEIGHT);
  }
  if (counts.some((count) => count > 0)) {
    $("if-counts").hidden = false;
    drawHistogram($("histogram"), boundsS, counts);
  }
  function show(plot, columns, height) {
    drawn.push(plot);
    const fromS = startS + tier.from * tier.widthS;
    const endS = fromS + Math.max(1, tier.columns.length) * tier.widthS;
    plot.batch(() => {
      if (isPrinting) plot.setSize({ width: PRINTED_WIDTH, height });
      plot.setData(columns);
      plot.setScale("x", { min: fromS, max: endS });
    });
  }
}

function paint(name) {
  document.documentElement.dataset.theme = name;
  drawAll();
}

const ofSystem = matchMedia("(prefers-color-scheme: dark)");
let chosenTheme;
const wantedTheme = () => chosenTheme ?? (ofSystem.matches ? "dark" : "light");

function toggleTheme() {
  chosenTheme = wantedTheme() === "dark" ? "light" : "dark";
  paint(wantedTheme());
}

function toggleLog() {
  wantsLog = !wantsLog;
  document.getElementById("log").setAttribute("aria-pressed", String(wantsLog));
  drawAll();
}

/** Paper is white, and as wide as it is. */
function print(isNow) {
  isPrinting = isNow;
  document.documentElement.toggleAttribute("data-printed", isNow);
  paint(isNow ? "light" : wantedTheme());
}

ofSystem.addEventListener("change", () => paint(wantedTheme()));
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
addEventListener("resize", () => {
  for (const plot of drawn) {
    if (!isPrinting) plot.setSize(size(plot.root.parentElement, plot.height));
  }
});
addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  if (ctrlKey || metaKey || altKey) return;
  if (key === "l") toggleLog();
  else if (key === "t") toggleTheme();
});
for (const [id, act] of [["log", toggleLog], ["theme", toggleTheme]]) {
  const button = document.getElementById(id);
  button.hidden = false;
  button.addEventListener("click", act);
}
paint(wantedTheme());
