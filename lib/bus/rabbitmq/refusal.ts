/** Why a server and we don't come together, where trying again can't help. */

import { BusRefusal } from "../bus.ts";
import { ServerSaid } from "../driver.ts";
import { reasonOf } from "../reason.ts";
import { certificateRefusalText } from "../tls_refusal.ts";
import { codeOf, wordsOf } from "./client.ts";

/** What was shown to the server, as far as a person may see it. */
export interface Shown {
  user: string;
  /** Whether they were given. */
  given: boolean;
  vhost: string;
  tls: boolean;
}

/** What a try that failed is to end with: a {@linkcode BusRefusal}, or else an error in words. */
export function failureOf(error: unknown, shown: Shown): Error {
  if (error instanceof BusRefusal) return error;
  if (error instanceof Deno.errors.NotCapable) return new BusRefusal(reasonOf(error));
  const code = codeOf(error);
  if (code === "CONNECTION_TIMEOUT") return new Error("timeout");
  const refusal = refusalText(code, wordsOf(error), shown) ??
    (shown.tls ? tlsRefusalText(error) : undefined);
  if (refusal !== undefined) return new BusRefusal(refusal);
  if (code === "CONN_CLOSE") return new Error("it hangs up");
  const words = wordsOf(error);
  return /^[A-Z_]+ - /.test(words) ? new ServerSaid(words) : new Error(words);
}

function refusalText(code: string | undefined, words: string, shown: Shown): string | undefined {
  const vhost = JSON.stringify(shown.vhost);
  if (code === "ACCESS_REFUSED") {
    const login = shown.given
      ? "it rejects the credentials from RABBITMQ_USER and RABBITMQ_PASSWORD"
      : "it requires credentials: RABBITMQ_USER and RABBITMQ_PASSWORD";
    return `${words.replace(/\. For details.*/s, "")}; ${login}`;
  }
  if (code !== "NOT_ALLOWED") return;
  return /not found/.test(words)
    ? `it has no virtual host ${vhost}`
    : `the user ${JSON.stringify(shown.user)} has no access to the virtual host ${vhost}: ${words}`;
}

/** By OpenSSL and by Deno, of a server that answers in clear. */
const IN_CLEAR = /wrong version number|InvalidContentType/;

function tlsRefusalText(error: unknown): string | undefined {
  return IN_CLEAR.test(reasonOf(error))
    ? "it does not speak TLS, but TLS is required (amqps:// or a --tls option)"
    : certificateRefusalText(error);
}
