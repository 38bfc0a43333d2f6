/** The page: takes what the app sends, and draws at most once a frame. */

import { showOutages, showTiles, textAt } from "./numbers.js";
import { Store } from "./store.js";
import {
  dataOf,
  DELAY_HEIGHT,
  delayPlot,
  drawHistogram,
  OFFSET_HEIGHT,
  offsetPlot,
  size,
} from "./plots.js";

const $ = (id) => document.getElementById(id);
const WINDOWS_S = [60, 600, 3600, Infinity];

const store = new Store();
let [chosen, shown, isPaused, wantsLog, pausedS] = ["", 0, false, true, 0];
let [delay, offset, isDrawn, plotsAreLog] = [undefined, undefined, true, undefined];

const source = new EventSource("events");
source.addEventListener("open", () => say("live"));
source.addEventListener("error", () => say("no connection to the app; retrying", true));
store.follow(source, { plots: draw, numbers });
source.addEventListener("end", () => {
  source.close();
  say("ended");
});

function say(text, isBad = false) {
  $("state").textContent = isPaused ? `${text}, paused` : text;
  $("state").toggleAttribute("data-bad", isBad);
}

/** All that is text: worded by the app. */
function numbers() {
  if (isPaused) return;
  const { name, text } = store.view;
  $("name").textContent = name;
  document.title = `${name} – tick`;
  $("summary").textContent = text;
  const subjects = store.view.peers.map(({ subject }) => subject);
  if (!subjects.includes(chosen)) chosen = subjects[0] ?? "";
  const select = $("peer");
  if ([...select.options].map(({ value }) => value).join("\n") !== subjects.join("\n")) {
    const options = store.view.peers.map(({ shown, subject }) => new Option(shown, subject));
    select.replaceChildren(...options);
    select.hidden = subjects.length < 2;
    select.value = chosen;
  }
  showTiles($("tiles"), store.viewOf(chosen)?.tiles ?? []);
  showOutages($("outages").tBodies[0], outagesOf());
}

const outagesOf = () => store.outagesOf(chosen);

function draw() {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    const peer = store.peers.get(chosen);
    const tier = peer?.tiers[shown];
    if (!tier) return;
    const isLog = wantsLog && peer.of === "delay";
    if (plotsAreLog !== isLog) plots(isLog);
    $("what").textContent = peer.of === "delay" ? "one-way delay" : "dt, clock offset not known";
    const data = dataOf(tier, store.startS, isLog);
    const endS = isPaused
      ? pausedS
      : store.startS + (tier.from + tier.columns.length) * tier.widthS;
    const fromS = shown === 3 ? store.startS + tier.from * tier.widthS : endS - WINDOWS_S[shown];
    for (const [plot, columns] of [[delay, data.delay], [offset, data.offset]]) {
      plot.batch(() => {
        plot.setData(columns);
        plot.setScale("x", { min: fromS, max: Math.max(endS, fromS + 1) });
      });
    }
    if (!isPaused) drawHistogram($("histogram"), store.boundsS, peer.counts);
  });
}

function plots(isLog) {
  plotsAreLog = isLog;
  delay?.destroy();
  offset?.destroy();
  const state = () => ({
    ...store.peers.get(chosen)?.tiers[shown],
    startS: store.startS,
    outages: outagesOf(),
  });
  delay = delayPlot($("delay"), { isLog, state, onHover });
  offset = offsetPlot($("offset"));
}

function onHover(atS) {
  const tier = store.peers.get(chosen)?.tiers[shown];
  const text = textAt(atS, { tier, startS: store.startS, outages: outagesOf() });
  $("under").textContent = text || "\u00a0";
}

function choose(n) {
  shown = n;
  document.querySelectorAll("[data-window]").forEach((button) =>
    button.setAttribute("aria-pressed", String(Number(button.dataset.window) === n))
  );
  draw();
}

function pause() {
  isPaused = !isPaused;
  const tier = store.peers.get(chosen)?.tiers[0];
  pausedS = tier ? store.startS + (tier.from + tier.columns.length) * tier.widthS : store.startS;
  $("pause").setAttribute("aria-pressed", String(isPaused));
  say(source.readyState === EventSource.CLOSED ? "ended" : "live");
  numbers();
  draw();
}

function log() {
  wantsLog = !wantsLog;
  $("log").setAttribute("aria-pressed", String(wantsLog));
  draw();
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  plotsAreLog = undefined; // drawn anew, in other colours
  draw();
}

const other = () => document.documentElement.dataset.theme === "dark" ? "light" : "dark";
const dark = matchMedia("(prefers-color-scheme: dark)");
theme(dark.matches ? "dark" : "light");
dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
document.querySelectorAll("[data-window]").forEach((button) =>
  button.addEventListener("click", () => choose(Number(button.dataset.window)))
);
$("pause").addEventListener("click", pause);
$("log").addEventListener("click", log);
$("theme").addEventListener("click", () => theme(other()));
$("peer").addEventListener("change", ({ target }) => {
  chosen = target.value;
  numbers();
  draw();
});
addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, target }) => {
  if (ctrlKey || metaKey || altKey || target.tagName === "SELECT") return;
  if (/^[1-4]$/.test(key)) choose(Number(key) - 1);
  else if (key === "p") pause();
  else if (key === "l") log();
  else if (key === "t") theme(other());
});
addEventListener("resize", () => {
  delay?.setSize(size($("delay"), DELAY_HEIGHT));
  offset?.setSize(size($("offset"), OFFSET_HEIGHT));
  draw();
});
