/** What tick asks of a message bus. Each bus implements it in a folder of its own, most by way of a driver. */

import type { Moment } from "../time/clock.ts";

/** A message that was received. */
export interface Message {
  /** What it was published on. */
  subject: string;
  /** What it holds. */
  body: Uint8Array;
  /** The text of the tick header, where the message has one. */
  header?: string;
  /** Why the headers it came with can't be read. */
  headerFault?: string;
  /** When the socket's read that brought it returned, where that is known: else it is stamped on delivery. */
  arrived?: Moment;
  /** The bus says that it delivered this before. A hint: run and sequence number decide. */
  redelivered?: boolean;
  /** It was stored before this subscription, or during a local outage. A hint as well. */
  replayed?: boolean;
  /** Acknowledges it, where the bus wants that: it is not delivered again. */
  ack?(): void;
}

/** Why a message was dropped instead of sent. */
export type UnsentReason =
  | "disconnected"
  /** The server takes nothing for now: out of memory or disk. */
  | "blocked"
  /** The server doesn't allow us this subject. */
  | "denied"
  /** For what the server takes, even without its header. */
  | "too large"
  /** For our own socket: more was to be sent than went out. */
  | "overrun"
  /** The client library threw. */
  | "failed";

/** What is known at once: a message is handed over, or dropped for a reason; nothing is held and sent later. */
export type PublishResult = "sent" | UnsentReason;

/** What became of a sent message later, where the bus gives word of that. */
export type Fate =
  | { type: "acknowledged" }
  /** The bus had it and didn't take it: no stream, full, an error. */
  | { type: "refused"; reason: string }
  /** It took it, and there was nobody to give it to. */
  | { type: "unroutable" }
  /** No word in time, or the connection was lost before: neither lost nor unsent. */
  | { type: "unconfirmed"; reason: string };

/** What a bus can do. */
export interface Capabilities {
  /** Each message that is sent has a {@linkcode Fate} later. */
  acknowledges: boolean;
  /** Messages are kept for who comes later: {@linkcode SubscribeOptions} mean something. */
  stores: boolean;
  /** A header goes along; where it is part of the body, that counts too. */
  headers: boolean;
  /** A subscription may take many subjects. */
  wildcards: boolean;
}

/** What a server may deny. */
export type Operation = "publish" | "subscribe";

/** What a server calls itself, where it says so: anything, as it comes from outside. */
export interface ServerIdentity {
  /** What it is, and its version. */
  product?: string;
  /** Its own name, which it may have made up. */
  name?: string;
  /** The name of the cluster that it is of. */
  cluster?: string;
}

/** What happens to a bus's connection and its rights. */
export type BusEvent =
  /** No connection yet; said once for each reason. */
  | { type: "waiting"; server: string; reason: string; bus: string; hint?: string }
  | { type: "connected"; server: string; afterMs: number } & ServerIdentity
  /** With why, where the server or the socket said so. */
  | { type: "disconnected"; server: string; reason?: string }
  /** It is given up, as nothing was received of it for so long. */
  | { type: "unresponsive"; server: string; forMs: number }
  | { type: "reconnected"; server: string; afterMs: number } & ServerIdentity
  /** To another server, before the one it was on goes down. */
  | { type: "moved"; server: string; from: string } & ServerIdentity
  /** It has been let in before and is no more, by its credentials; said once until it is connected again. */
  | { type: "refused"; server: string; reason: string }
  /** The server denies us this subject, with its reason; said once until it is allowed. */
  | { type: "denied"; operation: Operation; subject: string; reason?: string }
  | { type: "allowed"; operation: Operation; subject: string }
  /** The server takes nothing for now; what was to be sent is unsent. */
  | { type: "blocked"; server: string; reason: string }
  | { type: "unblocked"; server: string; afterMs: number }
  /** This process doesn't keep up: for so long it hasn't read all that the server sent. Said once, until it has. */
  | { type: "behind"; server: string; forMs: number }
  | { type: "caught up"; server: string; forMs: number }
  /** The connection ended while it was behind by so much: what is missing since then it could not read in time. */
  | { type: "unread"; server: string; forMs: number }
  /** We end while it is behind by so much: what it still had for us is in no count. */
  | { type: "left unread"; server: string; forMs: number }
  /** The body goes alone, as the header can't go along; said once. */
  | { type: "header left out"; reason: string }
  /** So many that were unconfirmed when a connection was lost were published again, where that is asked for. */
  | { type: "republished"; count: number }
  /** Something the bus needs was made on the server, as it was missing. */
  | { type: "made"; what: string }
  /** Something the server or the link did that doesn't end the connection. */
  | { type: "fault"; reason: string };

/** Where a subscription begins in what a bus has stored. */
export type Start =
  | "new"
  /** With the last one stored. */
  | "last"
  | "all"
  /** Where the durable subscription of this name left off. */
  | "resume";

/** What of a stored subject is received; a bus that stores nothing has no use for it. */
export interface SubscribeOptions {
  /** "new" when it isn't given. */
  start?: Start;
  /** Its name on the server, which then keeps for it what is published while it is away. */
  durable?: string;
}

/** A connection to a message bus, which is made again whenever it is lost. */
export interface Bus extends AsyncDisposable {
  /** What this kind of bus can do. */
  readonly can: Capabilities;
  /**
   * Hands a message over without waiting for it, or drops it.
   *
   * @param onFate called once, later, for a message that was sent, where the bus acknowledges
   */
  publish(
    subject: string,
    body: string,
    header?: string,
    onFate?: (fate: Fate) => void,
  ): PublishResult;
  /** Calls back for each message until it is disposed of; also after a lost connection is back. */
  subscribe(
    subject: string,
    onMessage: (message: Message) => void,
    options?: SubscribeOptions,
  ): Disposable;
  /** Resolves once all that was published is with the server; false where that isn't known in time. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Resolves once it is connected for the first time. */
  readonly ready: Promise<void>;
  /** Rejects with a {@linkcode BusRefusal} where going on makes no sense; never resolves otherwise. */
  readonly refused: Promise<never>;
}

/** The server will not have us, and trying again can't help: credentials, permissions. */
export class BusRefusal extends Error {
  override name = "BusRefusal";
}
