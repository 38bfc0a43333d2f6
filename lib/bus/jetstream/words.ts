/** What JetStream's errors mean, in words. */

import { isNamed } from "../nats/error_name.ts";
import { reasonOf } from "../reason.ts";

/** The server's own numbers (err_code) of what a user can do something about. */
const BY_CODE: Record<number, string> = {
  10008: "JetStream has no leader just now",
  10023: "JetStream is out of memory or disk",
  10026: "this account has used up its JetStream maximum of streams",
  10028: "this account has used up its JetStream storage",
  10039: "JetStream is off for this account",
  10047: "JetStream is out of memory or disk",
  10058: "a stream of that name has other settings, and is not changed",
  10059: "stream not found",
  10065: "another stream has one of these subjects, but not all",
  10074: "the cluster has too few servers for the stream's replicas",
  10076: "JetStream is off",
  10077: "stream full",
};

export const OFF = "JetStream is off: start it with `nats-server -js`";
export const NO_STREAM = "stream not found: none has this subject";
export const NOT_ALLOWED = "not allowed";

interface ApiError {
  code?: number;
  err_code?: number;
  description?: string;
}

/** Of an answer's own error. */
export function apiErrorText({ err_code, description = "no reason given" }: ApiError): string {
  const known = BY_CODE[err_code ?? 0];
  if (/^maximum (messages|bytes)/i.test(description)) return `stream full: ${description}`;
  return known === undefined || description.startsWith(known)
    ? description
    : `${known}: ${description}`;
}

/** Of whatever the client throws. */
export function errorText(error: unknown): string {
  if (isOff(error)) return OFF;
  if (isDenied(error)) return `${NOT_ALLOWED}: ${reasonOf(error)}`;
  const answer = apiErrorOf(error);
  return answer ? apiErrorText(answer) : reasonOf(error);
}

/** Nobody answers JetStream's requests: it is off, or not for this account. */
export function isOff(error: unknown): boolean {
  return isNamed(error, "JetStreamNotEnabled") || isNamed(error, "NoResponders") ||
    [10039, 10076].includes(apiErrorOf(error)?.err_code ?? 0);
}

export function isDenied(error: unknown): boolean {
  return isNamed(error, "PermissionViolationError");
}

export function isNotFound(error: unknown): boolean {
  return apiErrorOf(error)?.code === 404;
}

/** What the server answered, out of the client's error, or of the one that is its cause. */
function apiErrorOf(error: unknown): ApiError | undefined {
  if (!(error instanceof Error)) return;
  const { apiError } = error as { apiError?: unknown };
  return typeof apiError === "function" ? apiError.call(error) : apiErrorOf(error.cause);
}
