/** Nothing from outside reaches a terminal raw. */

// Controls, what hides, joins or reorders text (marks of direction, zero width, fillers, tags), halves of a pair,
// and white space other than a plain space.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/gu;
/** Most text has nothing of the kind, and is told apart quickly. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Whether a terminal shows all of it as it is. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) < 0;
}

/** Shows each control and invisible character as its code. */
export function escaped(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNPRINTABLE, (character) => {
    let codes = "";
    for (let at = 0; at < character.length; at++) {
      codes += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
    }
    return codes;
  });
}

/** Shows each control and invisible character as its code, and cuts what is too long to read. */
export function printable(text: string, max = 200): string {
  return escaped(text.length > max ? `${text.slice(0, max)}…` : text);
}

/** What somebody wrote, in quotes, to be shown in a line of its own. */
export function quoted(written: string): string {
  return escaped(JSON.stringify(written.length > 300 ? `${written.slice(0, 300)}…` : written));
}

/** Hides what may be credentials in what is quoted: of a URL, also of one that is none, and seeds anywhere. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/"(?:[^"\\]|\\.)*(?:@|%40)/gi, '"…@')
    .replace(/"(?:[^"\\]|\\.)*"/g, (quote) => quote.replace(PASSWORD, "$1…"))
    .replace(SEED, "S…");
}

/** A user and a password where a host and a port should be. */
const PASSWORD = /([a-z][\w+.-]*:?\/\/)[^\s"/:]+:(?!\d{1,5}(?![^\s"/,]))[^\s"]+/gi;
/** Of servers, accounts, users and the like, also where it is cut. */
const SEED = /\bS[A-Z][A-Z2-7]{14,}/g;
