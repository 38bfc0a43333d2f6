/** Why something failed, in words: what a resolver or a socket says is for programs. */

/** By the codes of Node, and by how Deno and the C library put the same. */
const WORDS: [pattern: RegExp, reason: string][] = [
  [/ECONNREFUSED|connection refused/i, "connection refused"],
  [/ENOTFOUND|EAI_NONAME|name or service not known|no address associated/i, "unknown host name"],
  [/EAI_AGAIN|temporary failure in name resolution/i, "the name server does not answer"],
  [/failed to lookup address information/i, "the host name cannot be looked up"],
  [/EHOSTUNREACH|no route to host/i, "no route to the host"],
  [/ENETUNREACH|network is unreachable/i, "the network is unreachable"],
  [/ECONNRESET|connection reset by peer/i, "connection reset"],
  [/EPIPE|broken pipe/i, "connection closed by the server"],
  [/ETIMEDOUT/, "timeout"],
];

export function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const text = error instanceof Error ? String(message) : String(error);
  // What a server says may hold any of these, and is quoted: only system errors are put in words.
  if (typeof code !== "string" && !/os error \d+|lookup address/.test(text)) return text;
  return WORDS.find(([pattern]) => pattern.test(`${code} ${text}`))?.[1] ?? text;
}
