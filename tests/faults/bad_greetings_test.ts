/** What is no NATS server, or lets nobody in, at the address of one. */

import { answerPings, greeting } from "../support/fake_server.ts";
import { type Misbehaviour, testMisbehaviour } from "../support/misbehaviour.ts";
import { lasting } from "../support/pair.ts";

const info = greeting();
const tenMegabytes = new TextEncoder().encode(greeting({ padding: "x".repeat(10e6) }));

const MISBEHAVIOURS: Misbehaviour[] = [
  {
    does: "greets and hangs up",
    said: /it hangs up after its greeting/,
    behave: ({ write }) => write(info),
  },
  {
    does: "never greets",
    said: /timeout/,
    behave: ({ drain }) => drain(),
  },
  {
    does: "greets as another kind of server",
    said: /it doesn't greet as NATS does: "220 mail/,
    async behave({ write, drain }) {
      await write("220 mail.example.org ESMTP \x1b[31m\0\xff\r\n");
      await drain();
    },
  },
  {
    does: "greets with half a line",
    said: /timeout/,
    async behave({ write, drain }) {
      await write(info.slice(0, info.length / 2));
      await drain();
    },
  },
  {
    does: "greets with broken JSON",
    said: /its greeting can't be read/,
    async behave({ write, drain }) {
      await write(info.replace('":', '"'));
      await drain();
    },
  },
  {
    does: "greets with 10 MB",
    said: /its greeting is longer than|timeout/, // whichever comes first
    async behave(client) {
      await client.write(tenMegabytes);
      if (await client.reads("PING\r\n")) await client.write("PONG\r\n");
      await answerPings(client);
    },
  },
  {
    does: "greets byte by byte",
    said: /timeout/,
    async behave({ write }) {
      for (const byte of info) {
        if (!await write(byte)) return;
        await lasting(50);
      }
    },
  },
  {
    does: "says -ERR at once",
    said: /-ERR 'maximum connections exceeded/,
    async behave({ write, drain }) {
      await write("-ERR 'maximum connections exceeded'\r\n");
      await drain();
    },
  },
  {
    does: "hangs up after CONNECT",
    said: /it hangs up after its greeting/,
    async behave({ write, reads }) {
      await write(info);
      await reads("CONNECT ");
    },
  },
];

MISBEHAVIOURS.forEach(testMisbehaviour);
