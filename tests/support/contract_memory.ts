/** The bus in memory, for the contract. */

import { link } from "../../lib/bus/link.ts";
import { timeout } from "../../lib/time/wait.ts";
import type { ContractRow, ContractServer } from "./contract_servers.ts";
import { MemoryBus } from "./memory_driver.ts";

const SERVER = "memory:1";

class MemoryServer extends MemoryBus implements ContractServer {
  readonly address = SERVER;

  constructor() {
    super(timeout);
  }

  override kill(): Promise<void> {
    super.kill(SERVER);
    return Promise.resolve();
  }

  restart(): Promise<void> {
    this.failing.clear();
    return Promise.resolve();
  }

  freeze(): Promise<void> {
    this.frozen.add(SERVER);
    return Promise.resolve();
  }

  thaw() {
    this.frozen.clear();
  }

  block(): Promise<void> {
    for (const { onEvent } of this.connections) onEvent({ type: "blocked", reason: "full" });
    return Promise.resolve();
  }

  unblock(): Promise<void> {
    for (const { onEvent } of this.connections) onEvent({ type: "unblocked" });
    return Promise.resolve();
  }

  [Symbol.asyncDispose]() {
    return Promise.resolve();
  }
}

export const memoryRow: ContractRow = {
  name: "memory",
  ignore: false,
  start: () => Promise.resolve(new MemoryServer()),
  buses: {
    "in memory": (server, options) =>
      Promise.resolve(link(server as MemoryServer, { ...options, servers: [SERVER] })),
  },
  publishBytes(server, subject, body) {
    for (const { subscriptions } of (server as MemoryServer).connections) {
      for (const [onMessage, to] of subscriptions) if (to === subject) onMessage({ subject, body });
    }
    return Promise.resolve();
  },
};
