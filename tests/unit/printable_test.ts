import assert from "node:assert/strict";
import { withoutSecrets } from "../../lib/text/printable.ts";

const SEED = `SUA${"B2C".repeat(18)}D`;

for (
  const [text, shown] of [
    ['cannot read "nats://me:secret@host"', 'cannot read "…@host"'],
    ['"a,nats://me:sec,ret@host" is none', '"…@host" is none'],
    ['"nats://me:s\\"ecret@host"', '"…@host"'],
    ['"nats://me:secret%40host"', '"…@host"'],
    ['"nats://me:secret"', '"nats://…"'],
    ['"a:1,tls://me:12345678,b:2"', '"a:1,tls://…"'],
    [`there is no file "${SEED}"`, 'there is no file "S…"'],
    [`there is no option --${SEED.slice(0, 30)}`, "there is no option --S…"],
    ['"nats://host:4222,b:1"', '"nats://host:4222,b:1"'],
    ['"http://x"; expected nats://host:port', '"http://x"; expected nats://host:port'],
    ["SUMMARY and SUBJECTS", "SUMMARY and SUBJECTS"],
  ]
) {
  Deno.test(`withoutSecrets() makes ${shown} of what may hold one`, () => {
    assert.equal(withoutSecrets(text), shown);
  });
}
