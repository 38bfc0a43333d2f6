/** The plots of the page: they are given columns, and draw. */

/* global uPlot */
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Where in a column each value is. */
export const [COUNT, MIN, P50, P90, P99, MAX, LOST, OFFSET, BOUND] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

export const [DELAY_HEIGHT, OFFSET_HEIGHT] = [280, 180];

/** UTC, as in all that is said of a run. */
const UTC = { tzDate: (atS) => uPlot.tzDate(new Date(atS * 1000), "Etc/UTC") };

const X_AXIS = { time: true };

/** The time of each mark, as exact as they are apart; the date below the first one of each day. */
function times(_, all, __, ___, apartS) {
  let day = "";
  return all.map((atS) => {
    const [date, time] = new Date(atS * 1000).toISOString().split("T");
    const text = time.slice(0, apartS < 1 ? 12 : apartS < 60 ? 8 : 5);
    if (date === day) return text;
    day = date;
    return `${text}\n${date}`;
  });
}

function isPower(value) {
  return Math.abs(Math.log10(value) % 1) < 1e-6;
}

function axes(dim, line, isLog = false) {
  const each = { stroke: dim, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  const x = { ...each, space: 90, values: times };
  const y = { ...each, size: 64, space: 24, values: (_, all) => all.map(label) };
  if (!isLog) return [x, y];
  // Every power of ten, and no line between.
  const filter = (_, all) => all.map((each) => isPower(each) ? each : null);
  const [grid, ticks] = [{ ...each.grid, filter }, { ...each.ticks, filter }];
  return [x, { ...y, filter, grid, ticks }];
}

/** No more digits than tell one mark from the next. */
function label(value) {
  return value === null ? "" : String(Number(value.toPrecision(4)));
}

/** Delays as a band of percentiles, with outages behind and losses below it. */
export function delayPlot(target, { isLog, state, onHover }) {
  const [mark, dim, line, bad] = ["--mark", "--dim", "--line", "--bad"].map(css);
  const series = (label, width, alpha) => ({
    label,
    stroke: mark + alpha,
    width,
    points: { show: false },
  });
  const options = {
    ...size(target, DELAY_HEIGHT),
    ...UTC,
    scales: { x: X_AXIS, y: isLog ? { distr: 3 } : {} },
    axes: axes(dim, line, isLog),
    cursor: { y: false, drag: { x: false, y: false } },
    series: [
      {},
      series("min", 1, "70"),
      series("p50", 2, ""),
      series("p90", 1, "90"),
      series("p99", 1, "90"),
      series("max", 1, "70"),
    ],
    bands: [
      { series: [5, 4], fill: mark + "18" },
      { series: [4, 3], fill: mark + "30" },
      { series: [3, 2], fill: mark + "48" },
      { series: [2, 1], fill: mark + "30" },
    ],
    hooks: {
      drawClear: [(plot) => shade(plot, state().outages, bad)],
      draw: [(plot) => losses(plot, state(), bad)],
      setCursor: [
        (plot) => onHover(plot.cursor.left < 0 ? undefined : plot.posToVal(plot.cursor.left, "x")),
      ],
    },
  };
  return new uPlot(options, [[], [], [], [], [], []], target);
}

/** The estimate, and the bound on both sides of it. */
export function offsetPlot(target) {
  const [mark, dim, line] = ["--mark", "--dim", "--line"].map(css);
  // It is estimated less often than there are columns.
  const edge = { stroke: mark + "40", width: 1, points: { show: false }, spanGaps: true };
  const options = {
    ...size(target, OFFSET_HEIGHT),
    ...UTC,
    scales: { x: X_AXIS },
    axes: axes(dim, line),
    cursor: { show: false },
    series: [{}, edge, { ...edge, stroke: mark, width: 2 }, edge],
    bands: [{ series: [3, 1], fill: mark + "20" }],
  };
  return new uPlot(options, [[], [], [], []], target);
}

export function size(target, height) {
  return { width: Math.max(200, target.clientWidth), height };
}

/** What of columns the two plots draw. A log scale has no place for 0. */
export function dataOf({ columns, from, widthS }, startS, isLog) {
  const x = columns.map((_, n) => startS + (from + n + 0.5) * widthS);
  const of = (at) =>
    columns.map((each) => each[at] === null || !isLog ? each[at] : Math.max(0.001, each[at]));
  const delay = [x, of(MIN), of(P50), of(P90), of(P99), of(MAX)];
  const edge = (sign) =>
    columns.map((each) => each[OFFSET] === null ? null : each[OFFSET] + sign * each[BOUND]);
  const offset = [x, edge(-1), columns.map((each) => each[OFFSET]), edge(1)];
  return { delay, offset };
}

function shade({ ctx, bbox, valToPos }, outages, bad) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = bad + "38";
  for (const { startUs, endUs } of outages) {
    const from = valToPos(startUs / 1e6, "x", true);
    const to = valToPos(endUs / 1e6, "x", true);
    ctx.fillRect(from, bbox.top, Math.max(1, to - from), bbox.height);
  }
  ctx.restore();
}

function losses({ ctx, bbox, valToPos, scales }, { columns, from, widthS, startS }, bad) {
  ctx.fillStyle = bad;
  columns.forEach((column, n) => {
    const at = startS + (from + n + 0.5) * widthS;
    if (column[LOST] === 0 || at < scales.x.min || at > scales.x.max) return;
    ctx.fillRect(valToPos(at, "x", true) - 1, bbox.top + bbox.height - 10, 3, 10);
  });
}

/** Bars of equal width, as the bounds are nearly logarithmic; heights by the logarithm of the count. */
export function drawHistogram(canvas, boundsS, counts) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, 140];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  const [mark, dim] = ["--mark", "--dim"].map(css);
  ctx.font = "10px system-ui, sans-serif";
  const top = Math.log10(Math.max(10, ...counts) + 1);
  const each = width / counts.length;
  const every = Math.ceil(34 / each);
  counts.forEach((count, n) => {
    const bar = (height - 34) * Math.log10(count + 1) / top;
    ctx.fillStyle = mark;
    ctx.fillRect(n * each + 1, height - 18 - bar, each - 2, bar);
    ctx.fillStyle = dim;
    if (n % every > 0) return;
    ctx.fillText(n < boundsS.length ? String(boundsS[n] * 1000) : "more", n * each + 1, height - 5);
    if (count > 0) ctx.fillText(String(count), n * each + 1, height - 22 - bar);
  });
}
