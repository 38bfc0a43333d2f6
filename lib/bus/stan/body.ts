/** What rides in a header on other buses is the body's second line here, by its name: `Tick: 1; run=…`. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const LINE_END = 10;
/** A header longer than this is none. */
const MAX_HEADER = 2048;

export function bodyWithHeader(
  body: string,
  name: string,
  header: string | undefined,
): Uint8Array<ArrayBuffer> {
  return encoder.encode(header === undefined ? body : `${body}\n${name}: ${header}`);
}

/** A body of others, whatever it holds, is left as it is: only a last line of that name is a header. */
export function splitBody(
  data: Uint8Array,
  name: string,
): { body: Uint8Array; header?: string } {
  const end = data.lastIndexOf(LINE_END);
  if (end < 0 || data.length - end > MAX_HEADER) return { body: data };
  const line = decoder.decode(data.subarray(end + 1));
  const title = `${name}: `;
  if (!line.startsWith(title) || !/^[ -~]+$/.test(line)) return { body: data };
  return { body: data.subarray(0, end), header: line.slice(title.length) };
}
