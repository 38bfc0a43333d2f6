/** What a server says before it hangs up, however it does that. */

import assert from "node:assert/strict";
import { connect } from "@nats-io/transport-deno";
import { fakeConnection } from "../support/fake_connection.ts";
import { greeting } from "../support/fake_server.ts";

const SAID = "-ERR 'maximum connections exceeded'\r\n";

for (const [how, together] of [["with its greeting", true], ["after it", false]] as const) {
  Deno.test(`connect() says what a server said ${how} before the connection was reset`, async () => {
    using fake = fakeConnection();
    const connecting = connect({ servers: ["127.0.0.1:1"], reconnect: false });
    fake.brings(together ? greeting() + SAID : greeting());
    const refused = assert.rejects(connecting, /maximum connections exceeded/);
    await fake.writes("PING\r\n");
    if (!together) fake.brings(SAID);
    fake.breaks(new Deno.errors.ConnectionReset("connection reset by peer"));
    await refused;
  });
}
