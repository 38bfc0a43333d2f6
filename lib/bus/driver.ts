/**
 * What a bus brings so that lib/bus/link.ts can keep it connected. A driver makes connections, each to one
 * server, and knows nothing of trying again, waiting, moving or counting: that is the link's.
 */

import type {
  Capabilities,
  Fate,
  Message,
  Operation,
  PublishResult,
  ServerIdentity,
  SubscribeOptions,
} from "./bus.ts";

export interface Driver {
  /** What a person calls such a server: "NATS". */
  readonly title: string;
  /** What to do where none answers, as a sentence. */
  readonly hint?: string;
  readonly can: Capabilities;
  /**
   * One try at one server. Where it fails or is abandoned, all that it opened is closed again.
   *
   * @param server host:port, as given or as a connection named it
   * @throws {BusRefusal} where trying again can't help: credentials, certificates, permissions
   * @throws {ServerSaid} where the server answered, and said why not for now
   * @throws {Error} otherwise, with a message in words; "connection refused" where nothing listens there
   */
  connect(server: string, attempt: Attempt): Promise<Connection>;
}

/** Why a server lets nobody in, in its own words: trying again may help, and need not be quick. */
export class ServerSaid extends Error {
  override name = "ServerSaid";
}

export interface Attempt {
  /** How long all of it may take: looking up the name, the handshakes, the login. */
  timeoutMs: number;
  /** Aborts where the try is of no use any more. */
  signal: AbortSignal;
  /** Takes what happens on the connection, from its making to its end. */
  onEvent: (event: ConnectionEvent) => void;
}

export type ConnectionEvent =
  /** The server is about to show its clients out: another one is to be connected to before it does. */
  | { type: "leaving" }
  /** The server takes nothing for now, and may not answer a probe either. */
  | { type: "blocked"; reason: string }
  | { type: "unblocked" }
  /** For so long we haven't read all that it sent; told once, until we have. */
  | { type: "behind"; forMs: number }
  | { type: "caught up"; forMs: number }
  /** Also for what was tried again; that it is allowed is seen by none coming before a probe's answer. */
  | { type: "denied"; operation: Operation; subject: string; reason?: string }
  /** The servers there are, by host:port, as this one says. */
  | { type: "servers"; servers: string[] }
  /** Bodies go alone from here on. */
  | { type: "header left out"; reason: string }
  /** Something that we need, as it was missing. */
  | { type: "made"; what: string }
  /** It hangs up, as it will not have us any more. */
  | { type: "refused"; reason: string }
  | { type: "fault"; reason: string };

export interface Reading {
  /** For how long we haven't read all that was sent, now or at its end; 0 where we have. */
  readonly behindMs: number;
  /** Most of what was read of late may have left more behind, here or on the way, and the next answer there, too. */
  readonly isFlowing: boolean;
  /** When a read returned last. */
  readonly readUs: number;
}

/** One connection to one server, open when it is handed over. */
export interface Connection {
  /** host:port */
  readonly server: string;
  /** What the server says of itself. */
  readonly identity?: ServerIdentity;
  /** Resolves with why, where that is known, once it is closed, whoever closed it; never rejects. */
  readonly closed: Promise<string | undefined>;
  /** How what it sends is read, where that is known. */
  readonly reading?: Reading;
  /**
   * Hands a message to the socket, or says why not; keeps nothing back and never throws. Where the bus
   * acknowledges, each one "sent" has its fate: "unconfirmed" when the connection closes before, for
   * {@linkcode CONNECTION_LOST}.
   *
   * @param id names it beyond this connection, where the bus drops what it has already
   */
  publish(
    subject: string,
    body: string,
    header?: string,
    onFate?: (fate: Fate) => void,
    id?: string,
  ): PublishResult;
  /** What the callback throws is the link's; none is called back after it is disposed of. */
  subscribe(
    subject: string,
    onMessage: (message: Message) => void,
    options: SubscribeOptions,
  ): Disposable;
  /** Resolves with the server's answer, after one round trip; rejects where the connection closes before. */
  probe(): Promise<void>;
  /** Resolves once the server has all that was published, acknowledged where the bus does that; else rejects. */
  flush(): Promise<void>;
  /** Ends in order: what is under way is still sent and received. */
  drain(): Promise<void>;
  /** Cuts it at once, whatever is still to be written. */
  close(): void;
}
