/** Subjects and the subscriptions that match them: tokens between dots, `*` for any one of them, `>` for the rest. */

/** Whether a subject may be subscribed to: no token is empty, and `>` is the last. */
export function isSubject(subject: string): boolean {
  return !hasEmptyToken(subject) && !/(^|\.)>\./.test(subject);
}

/** Whether a subject is without wildcards, as one to publish on should be. */
export function isLiteral(subject: string): boolean {
  return !/(^|\.)[*>](\.|$)/.test(subject);
}

/** The subscriptions to every subject; finding those to one takes as long as there are different wildcards. */
export class Subscriptions<T> {
  readonly #literal = new Map<string, Entry<T>>();
  readonly #wildcard = new Map<string, Entry<T>>();

  add(subject: string, subscription: T) {
    const entries = this.#entriesFor(subject);
    const entry = entries.get(subject) ?? { tokens: subject.split("."), subscriptions: new Set() };
    entries.set(subject, entry);
    entry.subscriptions.add(subscription);
  }

  delete(subject: string, subscription: T) {
    const entries = this.#entriesFor(subject);
    const entry = entries.get(subject);
    entry?.subscriptions.delete(subscription);
    if (entry?.subscriptions.size === 0) entries.delete(subject);
  }

  /** Those that a message on this subject goes to; none where one of its tokens is empty. */
  matching(subject: string): T[] {
    if (hasEmptyToken(subject)) return [];
    const found = [...this.#literal.get(subject)?.subscriptions ?? []];
    if (this.#wildcard.size === 0) return found;
    const tokens = subject.split(".");
    for (const { tokens: pattern, subscriptions } of this.#wildcard.values()) {
      if (matches(pattern, tokens)) found.push(...subscriptions);
    }
    return found;
  }

  #entriesFor(subject: string): Map<string, Entry<T>> {
    return isLiteral(subject) ? this.#literal : this.#wildcard;
  }
}

interface Entry<T> {
  tokens: string[];
  subscriptions: Set<T>;
}

function hasEmptyToken(subject: string): boolean {
  return subject === "" || subject.startsWith(".") || subject.endsWith(".") ||
    subject.includes("..");
}

function matches(pattern: string[], tokens: string[]): boolean {
  const rest = pattern.at(-1) === ">";
  if (rest ? tokens.length < pattern.length : tokens.length !== pattern.length) return false;
  return pattern.every((token, i) =>
    token === "*" || token === tokens[i] || (rest && i === pattern.length - 1)
  );
}
