/** Which server this app was connected to when, how often it had to reconnect, and how far away it is. */

import type { BusEvent, ServerIdentity } from "../bus/bus.ts";
import { serverLabel } from "../bus/server_name.ts";
import type { LocalEvent } from "./events.ts";

/** Reconnections by what made them necessary. */
export interface Reconnects {
  /** The connection was lost. */
  lost: number;
  /** The server didn't answer in time. */
  unresponsive: number;
  /** The server was going down, and was left before that. */
  moved: number;
}

/** That a connection ended while it was behind by so much. */
export interface Behind {
  atUs: number;
  forMs: number;
}

/** A server, by host:port and by what it says of itself: anything, as it comes from outside. */
export interface KnownServer extends ServerIdentity {
  address: string;
}

/** From when on it is reported that nobody sends. */
const WAITING_US = 2e6;

/** Changes of the server, and such ends, that are remembered: for the outages of late. */
const MAX_CHANGES = 64;

/** Round trips to the server that are kept: some 8 s. */
const ROUND_TRIPS = 80;

export class Connections {
  /** The shortest round trip of late in µs, which is the link's own. */
  rttUs: number | undefined;
  readonly #roundTripsUs: number[] = [];
  /** The last ends of connections that were behind. */
  readonly behind: Behind[] = [];
  /** The one it is connected to, or was last. */
  server: KnownServer | undefined;
  readonly reconnects: Reconnects = { lost: 0, unresponsive: 0, moved: 0 };
  /** When the first connection was made. */
  #sinceUs: number | undefined;
  /** For how long it was reported last that nobody sends. */
  #waitedUs: number | undefined;
  readonly #changes: { server: string; fromUs: number; isFirst: boolean }[] = [];
  #wasUnresponsive = false;

  follow(event: BusEvent, nowUs: number) {
    switch (event.type) {
      case "connected":
        this.#sinceUs ??= nowUs;
        break;
      case "unread":
      case "left unread":
        this.behind.push({ forMs: event.forMs, atUs: nowUs });
        if (this.behind.length > MAX_CHANGES) this.behind.shift();
        return;
      case "unresponsive":
        this.#wasUnresponsive = true;
        return;
      case "reconnected":
        this.reconnects[this.#wasUnresponsive ? "unresponsive" : "lost"]++;
        this.#wasUnresponsive = false;
        break;
      case "moved":
        this.reconnects.moved++;
        break;
      default:
        return;
    }
    const { server: address, product, name, cluster } = event;
    const identity = Object.entries({ product, name, cluster });
    this.server = {
      address,
      ...Object.fromEntries(identity.filter(([, text]) => text !== undefined)),
    };
    const isFirst = event.type === "connected";
    this.#changes.push({ server: serverLabel(event), fromUs: nowUs, isFirst });
    if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
  }

  /** Takes in a round trip to the server. */
  roundTrip(us: number) {
    this.#roundTripsUs.push(Math.round(us));
    if (this.#roundTripsUs.length > ROUND_TRIPS) this.#roundTripsUs.shift();
    this.rttUs = Math.min(...this.#roundTripsUs);
  }

  /** That nobody sends, when it has been connected for long enough to report that, and every so often after that. */
  waiting(subject: string, nowUs: number, everyUs = Infinity): LocalEvent[] {
    const forUs = nowUs - (this.#sinceUs ?? Infinity);
    const nextUs = this.#waitedUs === undefined ? WAITING_US : this.#waitedUs + everyUs;
    if (forUs < nextUs) return [];
    this.#waitedUs = forUs - (forUs - nextUs) % everyUs;
    return [{ type: "no peer", subject, forMs: forUs / 1000 }];
  }

  /** How often it had reconnected by a moment; of more than those remembered after that, the others count for it. */
  reconnectsAt(us: number): number {
    const { lost, unresponsive, moved } = this.reconnects;
    const after = this.#changes.filter(({ fromUs, isFirst }) => fromUs > us && !isFirst);
    return lost + unresponsive + moved - after.length;
  }

  /** The server it was connected to last at a moment; nothing where that was before the first one remembered. */
  serverAt(us: number): string | undefined {
    return this.#changes.findLast(({ fromUs }) => fromUs <= us)?.server;
  }
}
