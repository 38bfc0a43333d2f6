/** The HTTP server of a live page: a few paths, none of which reads a file, and no method that changes anything. */

import { ASSETS, type Endpoint } from "./page.ts";

export interface HttpOptions {
  hostname: string;
  port: number;
}

/** What is computed for each request, by its path. */
export type Endpoints = Record<string, () => Endpoint>;

const HEADERS = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

/** @throws {Error} where the address can't be listened at */
export function serve(
  { hostname, port }: HttpOptions,
  endpoints: Endpoints,
): Deno.HttpServer<Deno.NetAddr> {
  const answer = (request: Request) => answerOf(request, hostname, endpoints);
  const onError = () => plain(500, "internal error");
  return Deno.serve({ hostname, port, onListen() {}, onError }, answer);
}

function answerOf(request: Request, hostname: string, endpoints: Endpoints): Response {
  const { method, headers } = request;
  if (!isOurs(headers.get("host") ?? "", hostname)) {
    return plain(421, "this host name is not served: use an address, localhost, or the host named");
  }
  if (method !== "GET" && method !== "HEAD") {
    return plain(405, "only GET and HEAD", { allow: "GET, HEAD" });
  }
  const { pathname } = new URL(request.url);
  const asset = Object.hasOwn(ASSETS, pathname) ? () => ASSETS[pathname] : undefined;
  const endpoint = asset ?? (Object.hasOwn(endpoints, pathname) ? endpoints[pathname] : undefined);
  if (!endpoint) {
    return plain(404, `there is nothing here; try ${Object.keys(endpoints).join(" ")}`);
  }
  // A stream has no end to be asked the head of.
  if (method === "HEAD" && pathname === "/events") return plain(200, "");
  const { type, status = 200, body } = endpoint();
  return new Response(method === "HEAD" ? null : body, {
    status,
    headers: { ...HEADERS, "content-type": type },
  });
}

/**
 * Whether a request is meant for us. Another site's name may be made to resolve to this machine (DNS rebinding), but
 * an address can't be: so that any address is let in, and no name but localhost and the one that was given.
 */
export function isOurs(host: string, hostname: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, "");
  if (name === "localhost" || name === hostname.toLowerCase()) return true;
  return /^\[[\da-f:.]+\]$/.test(name) || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}

function plain(status: number, text: string, headers = {}): Response {
  const type = { "content-type": "text/plain; charset=utf-8" };
  return new Response(text === "" ? null : `${text}\n`, {
    status,
    headers: { ...HEADERS, ...type, ...headers },
  });
}
