/** What the page makes of what it is sent. */

import assert from "node:assert/strict";
import { Store } from "../../../lib/live/store.js";

function started() {
  const source = new EventTarget();
  const store = new Store();
  store.follow(source, { plots() {}, numbers() {} });
  const send = (type: string, data: object) =>
    source.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  return { store, send };
}

const tier = (from: number, values: number[], isWhole = false) => ({
  widthS: 1,
  from,
  isWhole,
  columns: values.map((value) => [value]),
});
const peer = (each: object, more = {}) => ({ of: "delay", counts: [], tiers: [each], ...more });

Deno.test("columns go on where those before end, and all take their place", () => {
  const { store, send } = started();
  const columns = () => store.peers.get("a").tiers[0].columns.flat();
  send("history", { startS: 1, boundsS: [], peers: { a: peer(tier(3, [1, 2])) } });
  send("columns", { peers: { a: peer(tier(5, [3])) } });
  assert.deepEqual(columns(), [1, 2, 3]);
  send("columns", { peers: { a: peer(tier(9, [7])) } }); // some were missed: all come next
  assert.deepEqual(columns(), [1, 2, 3]);
  send("columns", { peers: { a: peer(tier(0, [8, 9], true)) } });
  assert.deepEqual(columns(), [8, 9]);
});

Deno.test("as many columns are kept as the app keeps", () => {
  const { store, send } = started();
  for (let from = 0; from < 1300; from++) {
    send("columns", { peers: { a: peer(tier(from, [from])) } });
  }
  const { from, columns } = store.peers.get("a").tiers[0];
  assert.deepEqual([from, columns.length, columns[0]], [100, 1200, [100]]);
});

Deno.test("the outage that lasts is shown with the others, and once", () => {
  const { store, send } = started();
  const over = { startUs: 1, endUs: 2 };
  const open = { startUs: 5, endUs: 9 };
  send("columns", { peers: { a: peer(tier(0, []), { outages: [over] }) } });
  send("summary", { peers: [{ subject: "a", openOutage: open }] });
  assert.deepEqual(store.outagesOf("a"), [over, { ...open, isOpen: true }]);
  send("columns", { peers: { a: peer(tier(0, []), { outages: [over, open] }) } });
  assert.deepEqual(store.outagesOf("a"), [over, open]);
});

Deno.test("a subject may be called as what every object has", () => {
  const { store, send } = started();
  send("columns", { peers: JSON.parse('{"__proto__": {"of": "delay", "tiers": []}}') });
  assert.equal(({} as { of?: string }).of, undefined);
  assert.equal(store.peers.get("__proto__").of, "delay");
});
