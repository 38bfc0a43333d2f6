/** Keys and JWTs of NATS users, made afresh for each test. */

import { nkeys } from "@nats-io/transport-deno";

const text = new TextDecoder();
const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export function userKey(): { seed: string; publicKey: string } {
  const pair = nkeys.createUser();
  return { seed: text.decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

type Pair = ReturnType<typeof nkeys.createUser>;

function jwt(issuer: Pair, subject: string, nats: Record<string, unknown>): string {
  const iat = Math.floor(Date.now() / 1000) - 60;
  const encode = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  const claims = { jti: subject, iat, iss: issuer.getPublicKey(), name: "test", sub: subject };
  const body = `${encode({ typ: "JWT", alg: "ed25519-nkey" })}.${
    encode({ ...claims, nats: { version: 2, ...nats } })
  }`;
  return `${body}.${base64url(issuer.sign(new TextEncoder().encode(body)))}`;
}

/** A server's configuration with an operator and one account, and what makes creds files for it. */
export function operated(): { config: string; creds(): string } {
  const [operator, account] = [nkeys.createOperator(), nkeys.createAccount()];
  const limits = Object.fromEntries(
    ["subs", "data", "payload", "imports", "exports", "conn", "leaf"].map((name) => [name, -1]),
  );
  const signed = {
    operator: jwt(operator, operator.getPublicKey(), { type: "operator" }),
    account: jwt(operator, account.getPublicKey(), { type: "account", limits }),
  };
  return {
    config: `operator: ${signed.operator}
resolver: MEMORY
resolver_preload: { ${account.getPublicKey()}: ${signed.account} }
`,
    creds() {
      const user = nkeys.createUser();
      const claims = { type: "user", pub: {}, sub: {}, subs: -1, data: -1, payload: -1 };
      return `-----BEGIN NATS USER JWT-----
${jwt(account, user.getPublicKey(), claims)}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${text.decode(user.getSeed())}
------END USER NKEY SEED------
`;
    },
  };
}
