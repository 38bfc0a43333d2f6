/** Listens in on the server: the ticks of both apps, with what their headers say. Reads the wire by itself. */

import { type BareMessage, type BarePeer, barePeer } from "./bare_peer.ts";

/** The header's `key=value` pairs, the version as `version`; empty for a tick without. */
export function tickHeader({ headers }: BareMessage): Record<string, string> {
  const [, text] = /^Tick: *(.*)$/m.exec(headers.replaceAll("\r", "")) ?? [];
  if (text === undefined) return {};
  const [version, ...pairs] = text.split(";");
  const values = pairs.map((pair) => pair.trim().split("=", 2));
  return { version, ...Object.fromEntries(values) };
}

/** The number that a key of the header holds. */
export function headerNumber(message: BareMessage, key: string): number {
  return Number(tickHeader(message)[key]);
}

export function wireTap(address: string, subjects = ["app1_tick", "app2_tick"]): Promise<BarePeer> {
  return barePeer(address, subjects, { headers: true });
}

/** A tick that every receiver can tell from an app's: its dt is the time since 1970. */
const MARK = "0";

/** Whether a dt line is that of a mark. */
export function isMark(line: { text: string }): boolean {
  return /^dt = \d{9,}/.test(line.text);
}

/**
 * Publishes a mark among the ticks of a subject, well between two of them, so that it comes at the same
 * place for every receiver.
 *
 * @returns its index in the tap's messages, and how many marks it took
 */
export async function mark(
  tap: BarePeer,
  subject: string,
): Promise<{ index: number; marks: number }> {
  const { items } = tap.messages;
  const on = (message: BareMessage) => message.subject === subject;
  for (let marks = 1;; marks++) {
    await tap.messages.find(`tick on ${subject}`, on, { from: items.length });
    await tap.publish(subject, MARK);
    const index = await tap.messages.find(
      `mark on ${subject}`,
      (message) => on(message) && message.body === MARK,
      { from: items.length },
    );
    const next = await tap.messages.find(`tick on ${subject}`, on, { from: index + 1 });
    if (items[next].atMs - items[index].atMs >= 2) return { index, marks };
  }
}
