import assert from "node:assert/strict";
import { nkeys } from "@nats-io/transport-deno";
import { userKeys } from "../../lib/bus/nats/user_key.ts";

const nonce = "PXoWU7zWAMt75FY";

Deno.test("userKeys() has the public key of a seed, and signs, as the NATS team's package does", () => {
  const keyOf = userKeys();
  for (let n = 0; n < 20; n++) {
    const pair = nkeys.createUser();
    const { publicKey, sign } = keyOf(pair.getSeed());
    assert.equal(publicKey, pair.getPublicKey());
    assert.equal(sign(nonce), nkeys.encode(pair.sign(new TextEncoder().encode(nonce))));
  }
});

Deno.test("userKeys() has a key ready once it was asked for, until it is asked for another", () => {
  const keyOf = userKeys();
  const [one, two] = [nkeys.createUser().getSeed(), nkeys.createUser().getSeed()];
  const key = keyOf(one);
  assert.equal(keyOf(one.slice()), key);
  assert.notEqual(keyOf(two).publicKey, key.publicKey);
  assert.equal(keyOf(one).publicKey, key.publicKey);
});

Deno.test("userKeys() takes no seed that has a letter wrong, or too many", () => {
  const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
  const other = seed[30] === "A" ? "B" : "A";
  for (
    const wrong of [seed.slice(0, 30) + other + seed.slice(31), `${seed}AA`, seed.slice(2), ""]
  ) {
    assert.throws(() => userKeys()(new TextEncoder().encode(wrong)), SyntaxError);
  }
});
