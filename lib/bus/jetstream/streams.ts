/** The streams that hold our subjects: found, or made where none does; one that is there is never changed. */

import type { JetStreamManager } from "@nats-io/jetstream";
import { errorText, isNotFound } from "./words.ts";

export interface StreamsOptions {
  /** The one to use; else whichever has the subject. */
  stream?: string;
  storage: "file" | "memory";
  /** All that are used, so far: one stream is made for those that have none. */
  subjects: Set<string>;
  /** Takes that one was made. */
  onMade: (name: string) => void;
}

const SECOND_NS = 1e9;

/** For up to 100 ticks a second and subject, a minute of them: 6 MB. */
const LIMITS = {
  max_age: 60 * SECOND_NS,
  max_msgs_per_subject: 6000,
  discard: "old",
  duplicate_window: 10 * SECOND_NS,
} as const;

export class Streams {
  readonly #jsm: JetStreamManager;
  readonly #options: StreamsOptions;
  /** One after the other: what one call makes, the next one finds. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(jsm: JetStreamManager, options: StreamsOptions) {
    this.#jsm = jsm;
    this.#options = options;
  }

  /**
   * Resolves with the names of the streams that have a subject, one of them made if need be.
   *
   * @throws {Error} where there is none, and none can be made
   */
  of(subject: string): Promise<string[]> {
    const found = this.#last.then(() => this.#ensure(subject));
    this.#last = found.catch(() => {}); // whoever asked gets it
    return found;
  }

  async #ensure(subject: string): Promise<string[]> {
    const found = await this.#find(subject);
    if (found.length > 0) return found;
    const subjects = [];
    for (const one of new Set([...this.#options.subjects, subject])) {
      if ((await this.#names(one)).length === 0) subjects.push(one);
    }
    const name = this.#options.stream ?? streamName(subjects);
    const { storage, onMade } = this.#options;
    try {
      await this.#jsm.streams.add({ name, subjects: withoutCovered(subjects), storage, ...LIMITS });
      onMade(name);
    } catch (error) {
      // Another app may have made it a moment ago, with its own subjects.
      const since = await this.#find(subject);
      if (since.length > 0) return since;
      throw new Error(`cannot create the stream ${name}: ${errorText(error)}`, { cause: error });
    }
    return [name];
  }

  async #find(subject: string): Promise<string[]> {
    const { stream } = this.#options;
    const names = await this.#names(subject);
    if (stream === undefined || names.includes(stream)) return stream ? [stream] : names;
    try {
      await this.#jsm.streams.info(stream);
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
    throw new Error(`the stream ${stream} doesn't have the subject ${subject}, and is not changed`);
  }

  async #names(subject: string): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#jsm.streams.names(subject)) names.push(name);
    return names;
  }
}

/** Says what it holds: `tick-app1_tick-app2_tick`; the same for the same subjects, whoever makes it. */
export function streamName(subjects: readonly string[]): string {
  const parts = [...subjects].sort().map((subject) =>
    subject.replaceAll("*", "any").replaceAll(">", "all").replace(/[^\w-]/g, "_")
  );
  return ["tick", ...parts].join("-").slice(0, 200);
}

/** Subjects of one stream may not overlap: of one that another one has, only that. */
export function withoutCovered(subjects: readonly string[]): string[] {
  return subjects.filter((subject) =>
    !subjects.some((other) => other !== subject && covers(other, subject))
  ).sort();
}

function covers(pattern: string, subject: string): boolean {
  const parts = pattern.split(".");
  const of = subject.split(".");
  for (const [index, part] of parts.entries()) {
    if (part === ">") return of.length > index;
    if (of[index] === undefined || (part !== "*" && part !== of[index])) return false;
  }
  return parts.length === of.length;
}
