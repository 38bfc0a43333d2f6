/** What tick asks of a message bus. Each bus implements it in a file of its own. */

import type { Moment } from "../time/clock.ts";

export interface Message {
  subject: string;
  body: Uint8Array;
  /** The text of the tick header, where the message has one. */
  header?: string;
  /** Why the headers it came with can't be read. */
  headerFault?: string;
  /** When the read that brought it returned, by the clock of the bus; undefined where that isn't known. */
  arrived?: Moment;
}

export type BusEvent =
  /** Nothing answers yet; said once. */
  | { type: "waiting"; server: string; reason: string }
  | { type: "connected"; server: string; afterMs: number }
  | { type: "disconnected"; server: string }
  /** It is given up, as nothing was received of it for so long. */
  | { type: "unresponsive"; server: string; forMs: number }
  | { type: "reconnected"; server: string; afterMs: number }
  /** To another server, before the one it was on goes down. */
  | { type: "moved"; server: string }
  /** It has been let in before and is no more, by its credentials; said once until it is connected again. */
  | { type: "refused"; server: string; reason: string }
  /** The server denies us this subject; said once until it is allowed. */
  | { type: "denied"; operation: "publish" | "subscribe"; subject: string }
  | { type: "allowed"; operation: "publish" | "subscribe"; subject: string }
  /** Something the server or the link did that doesn't end the connection. */
  | { type: "fault"; reason: string };

export interface Bus extends AsyncDisposable {
  /** Hands a message over without waiting for it; false where there is no connection or it is denied, and it is dropped. */
  publish(subject: string, body: string, header?: string): boolean;
  /** Calls back for each message until it is disposed of; also after a lost connection is back. */
  subscribe(subject: string, onMessage: (message: Message) => void): Disposable;
  /** Resolves once all that was published is with the server; false where that can't be said in time. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Gives the connection up for a new one, as its link is silent; does nothing where there is none. */
  renew(silentMs: number): void;
  /** Resolves once it is connected for the first time. */
  readonly ready: Promise<void>;
  /** Rejects with a {@linkcode BusRefusal} where going on makes no sense; never resolves otherwise. */
  readonly refused: Promise<never>;
}

/** What we show a server so that it lets us in. */
export type Credentials =
  & {
    /** Where they are from, for a person; holds nothing of them. */
    from: string;
  }
  & (
    | { kind: "password"; user: string; password?: string }
    | { kind: "token"; token: string }
    /** Asked for at each connection, as a file may have been renewed. */
    | { kind: "nkey"; seed: () => Uint8Array }
    | { kind: "jwt"; jwt: () => string; seed: () => Uint8Array }
  );

/** The server will not have us, and trying again can't help: credentials, permissions. */
export class BusRefusal extends Error {
  override name = "BusRefusal";
}
