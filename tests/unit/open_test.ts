import assert from "node:assert/strict";
import { busRows, defaultTarget, openBus, readTarget } from "../../lib/bus/open.ts";

const OPTIONS = { name: "test", headerName: "Tick" };

Deno.test("openBus() refuses an option of another bus", async () => {
  await assert.rejects(
    openBus("nats://127.0.0.1", { ...OPTIONS, values: { exchange: "ticks" } }),
    /^UsageError: --exchange does not apply to nats:\/\/ servers$/,
  );
  await assert.rejects(
    openBus("amqp://127.0.0.1", { ...OPTIONS, values: { creds: "me.creds" } }),
    /^UsageError: --creds does not apply to amqp:\/\/ servers$/,
  );
});

Deno.test("openBus() says why a bus that acknowledges nothing can't publish again", async () => {
  for (const given of [{ republish: true }, { values: { republish: "true" } }]) {
    await assert.rejects(
      openBus("nats://127.0.0.1", { ...OPTIONS, ...given }),
      /^UsageError: --republish does not apply to nats:\/\/ servers: they store and acknowledge nothing$/,
    );
    await assert.rejects(
      openBus("amqp://127.0.0.1", { ...OPTIONS, ...given }),
      /^UsageError: --republish needs --durable NAME: .*RabbitMQ acknowledges nothing$/,
    );
  }
});

Deno.test("readTarget() goes by the scheme, and names those there are for another", () => {
  const schemes = (written: string) => readTarget(written).kind.schemes[0];
  assert.deepEqual(["a", "tls://a", "amqps://a"].map(schemes), ["nats", "nats", "amqp"]);
  assert.throws(
    () => readTarget("mqtt://a"),
    /"mqtt:\/\/a".*nats:\/\/, tls:\/\/, jetstream:\/\/.*amqp:\/\//,
  );
  assert.throws(() => readTarget("mqtt://me:secret@a"), /^SyntaxError: (?!.*secret)/);
});

Deno.test("defaultTarget() takes the first variable that is set", () => {
  const target = (variables: Record<string, string>) => defaultTarget((name) => variables[name]);
  assert.deepEqual(target({}).address.servers, ["127.0.0.1:4222"]);
  assert.deepEqual(target({ RABBITMQ_URL: "amqp://a" }).address.servers, ["a:5672"]);
  assert.throws(
    () => target({ RABBITMQ_URL: "amqp://me:secret@a" }),
    /^UsageError: RABBITMQ_URL: /,
  );
});

Deno.test("busRows() has each option once, however many buses share it", () => {
  const names = busRows().map(([name]) => name);
  assert.deepEqual(names, [...new Set(names)]);
  assert.ok(["tls-ca", "creds", "exchange", "durable"].every((name) => names.includes(name)));
});
