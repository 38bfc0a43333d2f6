import assert from "node:assert/strict";
import type { Fate } from "../../lib/bus/bus.ts";
import type { Connection } from "../../lib/bus/driver.ts";
import { CONNECTION_LOST, Republisher } from "../../lib/bus/republish.ts";

type Published = { body: string; header?: string; id: string; settle: (fate: Fate) => void };

/** A connection that keeps what is published until it is settled or lost. */
function connection(takes = true) {
  const published: Published[] = [];
  const publish: Connection["publish"] = (_, body, header, onFate, id) => {
    if (takes) published.push({ body, header, id: id!, settle: onFate! });
    return takes ? "sent" : "disconnected";
  };
  return {
    published,
    lose: () => published.splice(0).forEach(({ settle }) => settle(LOST)),
    bodies: () => published.map(({ body }) => body),
    as: { publish } as Connection,
  };
}

const LOST: Fate = { type: "unconfirmed", reason: CONNECTION_LOST };

/** Publishes by name, and keeps the fates of each. */
function setup(limit?: number) {
  const republisher = new Republisher(limit);
  const fates: string[] = [];
  const publish = (to: Connection, name: string) =>
    republisher.publish(to, "s", name, "header", ({ type }) => fates.push(`${name} ${type}`));
  return { republisher, fates, publish };
}

Deno.test("Republisher publishes what its connection lost again, however often, by the same id", () => {
  const { republisher, fates, publish } = setup();
  let last = connection();
  for (const name of ["a", "b", "c"]) publish(last.as, name);
  last.published.splice(1, 1)[0].settle({ type: "acknowledged" });
  const [first] = last.published.map(({ id, header }) => [id, header]);
  for (let n = 0; n < 3; n++) {
    last.lose();
    last = connection();
    assert.equal(republisher.again(last.as), 2);
    assert.deepEqual(last.bodies(), ["a", "c"]);
    assert.deepEqual([last.published[0].id, last.published[0].header], first);
  }
  assert.notEqual(last.published[0].id, last.published[1].id);
  for (const { settle } of last.published) settle({ type: "acknowledged" });
  assert.deepEqual(fates, ["b acknowledged", "a acknowledged", "c acknowledged"]);
  assert.equal(republisher.again(last.as), 0);
});

Deno.test("Republisher leaves alone what was refused, or has no word on a connection that lasts", () => {
  const { republisher, fates, publish } = setup();
  const { as, published } = connection();
  for (const name of ["a", "b"]) publish(as, name);
  published[0].settle({ type: "refused", reason: "full" });
  published[1].settle({ type: "unconfirmed", reason: "no word in time" });
  assert.deepEqual(fates, ["a refused", "b unconfirmed"]);
  assert.equal(republisher.again(as), 0);
});

Deno.test("Republisher keeps what a connection doesn't take for the next one", () => {
  const { republisher, publish } = setup();
  const first = connection();
  publish(first.as, "a");
  first.lose();
  assert.equal(republisher.again(connection(false).as), 0);
  assert.equal(republisher.again(connection().as), 1);
});

Deno.test("Republisher is bounded: the oldest stays unconfirmed", () => {
  const { republisher, fates, publish } = setup(2);
  const first = connection();
  for (const name of ["a", "b", "c"]) publish(first.as, name);
  first.lose();
  assert.deepEqual(fates, ["a unconfirmed"]);
  assert.equal(republisher.again(connection().as), 2);
});

Deno.test("Republisher ends with what it keeps unconfirmed, each once", () => {
  const { republisher, fates, publish } = setup();
  const [lost, open] = [connection(), connection()];
  publish(lost.as, "a");
  lost.lose();
  publish(open.as, "b");
  republisher.end();
  open.lose();
  assert.deepEqual(fates, ["a unconfirmed", "b unconfirmed"]);
});
