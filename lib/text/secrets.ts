/** Keeps a user's mistake from showing a password. */

/** Hides what may be credentials of a URL that is quoted. */
export function withoutSecrets(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*@/g, '"…@');
}
