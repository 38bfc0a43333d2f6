/** Senders that more than one observer received: what is added up of them is counted more than once. */

import type { Sender } from "./observer.ts";

/** So many are named. */
const MAX_NAMED = 100;

export interface SharedSender extends Sender {
  /** The files of the observers that received it. */
  files: string[];
}

export interface SharedSenders {
  count: number;
  /** The first hundred. */
  senders: SharedSender[];
}

export class SharedSendersWatch {
  /** Where each was seen first. */
  readonly #files = new Map<string, string>();
  /** Of those that were seen again; where, of the first ones. */
  readonly #shared = new Map<string, SharedSender | undefined>();

  add(file: string, senders: readonly Sender[]) {
    for (const sender of senders) {
      const key = keyOf(sender);
      const first = this.#files.get(key);
      if (first === undefined) this.#files.set(key, file);
      // The same run on two subjects of one observer is nothing of two observers.
      else if (first !== file) this.#share(key, sender, first, file);
    }
  }

  /** Senders, each once. */
  get count(): number {
    return this.#files.size;
  }

  get shared(): SharedSenders {
    const senders = this.#shared.values().filter((sender) => sender !== undefined);
    return { count: this.#shared.size, senders: [...senders] };
  }

  #share(key: string, sender: Sender, first: string, file: string) {
    const known = this.#shared.get(key);
    if (known) {
      if (!known.files.includes(file)) known.files.push(file);
    } else if (!this.#shared.has(key)) {
      const isNamed = this.#shared.size < MAX_NAMED;
      this.#shared.set(key, isNamed ? { ...sender, files: [first, file] } : undefined);
    }
  }
}

/** A run is one start of one sender, whatever subject its ticks are mapped to. */
function keyOf({ run, subject }: Sender): string {
  return run === undefined ? `subject ${subject}` : `run ${run}`;
}
