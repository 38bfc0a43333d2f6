/** What happens on a connection, and what that means for its link. */

import type { BusEvent } from "./bus.ts";
import type { Dialled } from "./attempt.ts";
import type { Connection, ConnectionEvent } from "./driver.ts";
import type { Failures } from "./failures.ts";
import type { KnownServers } from "./known_servers.ts";
import type { Leaving } from "./leaving.ts";
import type { LinkState } from "./state.ts";

export type Denied = ConnectionEvent & { type: "denied" };

export interface FollowerOptions {
  state: LinkState;
  known: KnownServers;
  leaving: Leaving;
  failures: Failures;
  onEvent: (event: BusEvent) => void;
  onServers?: (servers: readonly string[]) => void;
  onDenied: (connection: Connection, denied: Denied) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  #isHeaderLeftOut = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Follows a connection for as long as it is in use. */
  follow({ connection, follow }: Dialled) {
    follow((event) => {
      if (this.#options.state.connection === connection) this.#take(connection, event);
    });
  }

  #take(connection: Connection, event: ConnectionEvent) {
    const { state, known, leaving, failures, onEvent, onDenied } = this.#options;
    const { server } = connection;
    switch (event.type) {
      case "servers":
        this.#options.onServers?.(event.servers);
        return known.learn(event.servers);
      case "denied":
        return onDenied(connection, event);
      case "header left out":
        if (!this.#isHeaderLeftOut) onEvent(event);
        return void (this.#isHeaderLeftOut = true);
      case "made":
        return onEvent(event);
      case "fault":
        state.failed();
        return onEvent(event);
      case "refused":
        state.failed();
        state.lost(); // it hangs up
        return failures.refused(server, event.reason);
      case "leaving":
        known.suspect = true;
        state.leaving();
        return leaving.leave(connection);
      case "behind":
      case "caught up":
        return onEvent({ ...event, server });
      case "blocked":
        if (state.type === "blocked") return;
        state.blocked();
        return onEvent({ type: "blocked", server, reason: event.reason });
      case "unblocked":
        if (state.type !== "blocked") return;
        return onEvent({ type: "unblocked", server, afterMs: state.unblocked() });
    }
  }
}
