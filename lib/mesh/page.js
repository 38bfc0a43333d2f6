/** The page of a mesh: the grid, as it is sent once a second. All that it shows is set as text. */

const $ = (id) => document.getElementById(id);
const MAX_EVENTS = 100;

function element(tag, text, { ill, title, scope } = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (ill) made.dataset.ill = ill;
  if (title) made.title = title;
  if (scope) made.scope = scope;
  return made;
}

function rowOf(...cells) {
  const row = document.createElement("tr");
  row.append(...cells);
  return row;
}

function headOf(label, isIll, scope) {
  const head = element("th", label, { scope, ill: isIll ? "server" : undefined });
  if (isIll) head.append(element("small", "every path ill"));
  return head;
}

function cellOf(cell) {
  if (cell === null) {
    const self = element("td", "·");
    self.className = "self";
    return self;
  }
  const { p50, p99, ill, words, title } = cell;
  const made = element("td", "", { ill, title });
  made.append(element("span", `${p50} / `), element("span", p99), element("small", words));
  return made;
}

function show({ verdict, ran, labels, about, ill, cells }) {
  $("verdict").textContent = verdict;
  $("verdict").toggleAttribute("data-ill", cells.flat().some((cell) => cell?.ill));
  $("state").textContent = `running for ${ran}`;
  const heads = labels.map((label, at) => headOf(label, ill.includes(at), "col"));
  $("grid").replaceChildren(
    rowOf(element("th", "from \\ to"), ...heads),
    ...cells.map((row, from) =>
      rowOf(headOf(labels[from], ill.includes(from), "row"), ...row.map(cellOf))
    ),
  );
  $("servers").replaceChildren(
    ...labels.map((label, at) => rowOf(element("td", label), element("td", about[at]))),
  );
}

const source = new EventSource("events");
let isOver = false;
source.addEventListener("matrix", ({ data }) => show(JSON.parse(data)));
source.addEventListener("event", ({ data }) => {
  const { at, text } = JSON.parse(data);
  const time = new Date(at * 1000).toISOString().slice(11, 23);
  $("events").prepend(rowOf(element("td", time), element("td", text)));
  while ($("events").rows.length > MAX_EVENTS) $("events").deleteRow(-1);
});
source.addEventListener("end", () => {
  isOver = true;
  source.close();
  $("state").textContent = "the run has ended";
});
source.addEventListener("error", () => {
  if (isOver) return;
  $("state").textContent = "no connection to the mesh; retrying";
  $("state").dataset.bad = "";
});
source.addEventListener("open", () => delete $("state").dataset.bad);

const { dataset } = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
dataset.theme = dark.matches ? "dark" : "light";
function turnTheme() {
  dataset.theme = dataset.theme === "dark" ? "light" : "dark";
}
$("theme").addEventListener("click", turnTheme);
addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  if (key === "t" && !ctrlKey && !metaKey && !altKey) turnTheme();
});
