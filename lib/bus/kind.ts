/** What a bus brings to the command line: its URLs, options, variables, words. Loads no client. */

import type { Bus, BusEvent } from "./bus.ts";
import type { Clock } from "../time/clock.ts";

/** A row of --help: name, placeholder of its value ("" for a switch), meaning, default as shown; `$NAME` is that variable. */
export type OptionRow = [name: string, value: string, meaning: string, fallback: string];

/** Where a bus is, as read from a URL. */
export interface Address {
  /** host:port of each server, tried in this order. */
  servers: string[];
  /** Whether it insists on TLS for all. */
  tls: boolean;
  /** What else the URL names: a cluster's id, a virtual host. */
  path?: string;
}

/** One kind of bus. */
export interface BusKind {
  /** Schemes of its URLs, without "://"; the first is its own, and the default's where it is the first kind. */
  schemes: readonly string[];
  /** One line of --help about its URLs and its login. */
  about: string;
  /** Host and port where nothing else is given. */
  fallback: string;
  /** The variable that holds its servers where --server isn't given. */
  urlVariable: string;
  /** All variables that it reads. */
  variables: readonly string[];
  /** Its options; those of the same name are shared between kinds. */
  rows: readonly OptionRow[];
  /**
   * Reads where it is.
   *
   * @throws {SyntaxError} where it is invalid; never quotes credentials
   */
  readAddress(written: string): Address;
  /**
   * Checks a subject.
   *
   * @throws {SyntaxError} where it is invalid on this bus, or has wildcards where they make no sense
   */
  checkSubject(written: string, operation: "publish" | "subscribe"): string;
  /**
   * Reads what it needs to log in, loads its client, and begins to connect.
   *
   * @throws {UsageError} where an option, a file or a variable can't be used
   */
  open(address: Address, options: OpenOptions): Promise<Bus>;
}

/** What every bus is opened with. */
export interface BusOptions {
  /** What the server shows for this connection. */
  name: string;
  /** The name of the header that rides along with a body. */
  headerName: string;
  /** What is to be published and subscribed to, where that is known: a bus may make room for it ahead. */
  subjects?: readonly string[];
  /** How long making a connection may take, at least; half a second when it isn't given. */
  dialTimeoutMs?: number;
  /** How long the server may go without an answer, at least; a quarter of a second when it isn't given. */
  silentMs?: number;
  /** The system's, when it isn't given. */
  clock?: Clock;
  /** Publish again what was unconfirmed when a connection was lost; only where the bus acknowledges. */
  republish?: boolean;
  /** Stay with the servers given: those that a cluster names aren't used. */
  pinned?: boolean;
  /** Takes host:port of the servers that there are, each time that a server names them; it may name anything. */
  onServers?: (servers: readonly string[]) => void;
  /** Called with what happens to the connection. */
  onEvent?: (event: BusEvent) => void;
  /** Takes the round trip to the server in µs, each time it is measured. */
  onRoundTrip?: (us: number) => void;
}

/** What of that is for whoever keeps the connection. */
export type KeptOptions = Pick<
  BusOptions,
  "dialTimeoutMs" | "silentMs" | "onRoundTrip" | "pinned" | "onServers"
>;

/** What the command line gives besides. */
export interface OpenOptions extends BusOptions {
  /** The values of its option rows, by name. */
  values: Readonly<Record<string, string | undefined>>;
  /** What the value of a row was written as: its option, with dashes, or the variable that stands in for it. */
  writtenAs: (name: string) => string;
  /** A variable of the environment, where it is set and may be read. */
  variable: (name: string) => string | undefined;
}
