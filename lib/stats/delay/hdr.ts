/**
 * Counts of values as HdrHistogram writes them (V2, compressed, in base64), which its tools read and which add up.
 * Loaded only where it is needed: it brings a library that compresses.
 */

import { inflateSync } from "node:zlib";
import byteBuffer from "hdr-histogram-js/dist/ByteBuffer.js";
import float64 from "hdr-histogram-js/dist/Float64Histogram.js";
import "hdr-histogram-js/dist/JsHistogram.encoding.js";
import zigZag from "hdr-histogram-js/dist/ZigZagEncoding.js";
import type { Counted, Digits } from "./buckets.ts";

// CommonJS modules behind ES imports.
const [ByteBuffer, Histogram, ZigZag] = [byteBuffer.default, float64.default, zigZag.default];

const COMPRESSED = 0x1c849304;
const PLAIN = 0x1c849303;
/** Where the size of a word is within a cookie. */
const SIZE = 0xf0;
/** Of cookie, length, offset, digits, the two ends of the range, and a ratio. */
const HEADER_BYTES = 40;
/** Nine for each bucket that there can be, up to 19 hours of four digits. */
const MAX_BYTES = 4_000_000;
const MAX_VALUE = 2 ** 37;

/** What was counted, each value that far above a base. */
export interface CountedAbove {
  digits: Digits;
  /** A value of each bucket, and how many are in it; the largest that it can hold, where it was read. */
  counted: Counted[];
}

export function hdrText({ digits, counted }: CountedAbove): string {
  const histogram = new Histogram(1, 2, digits);
  histogram.autoResize = true;
  for (const [value, count] of counted) histogram.recordValueWithCount(value, count);
  return histogram.encodeIntoCompressedBase64();
}

/**
 * The way back, in bounded memory and time, whatever it holds: the library's own trusts what it reads.
 *
 * @throws {SyntaxError} where it is nothing that {@linkcode hdrText} writes
 */
export function readHdr(text: string): CountedAbove {
  try {
    return countedOf(inflated(Uint8Array.fromBase64(text)));
  } catch (error) {
    throw new SyntaxError(`no histogram of HdrHistogram, V2: ${(error as Error).message}`);
  }
}

function inflated(bytes: Uint8Array): Uint8Array {
  const buffer = new ByteBuffer(bytes);
  if ((buffer.getInt32() & ~SIZE) !== COMPRESSED) throw new Error("another encoding");
  if (buffer.getInt32() !== bytes.length - 8) throw new Error("cut off");
  return new Uint8Array(inflateSync(bytes.subarray(8), { maxOutputLength: MAX_BYTES }));
}

function countedOf(bytes: Uint8Array): CountedAbove {
  const buffer = new ByteBuffer(bytes);
  if ((buffer.getInt32() & ~SIZE) !== PLAIN) throw new Error("another encoding");
  if (buffer.getInt32() !== bytes.length - HEADER_BYTES) throw new Error("cut off");
  buffer.getInt32();
  const digits = buffer.getInt32() as Digits;
  if (![2, 3, 4].includes(digits)) throw new Error(`${digits} digits`);
  if (buffer.getInt64() !== 1) throw new Error("another unit");
  const buckets = new Histogram(1, MAX_VALUE, digits); // counts nothing, and knows where each bucket begins
  buffer.position = HEADER_BYTES;
  const counted: Counted[] = [];
  for (let index = 0; buffer.position < bytes.length;) {
    const count = ZigZag.decode(buffer);
    if (count <= 0) index += Math.max(1, -count);
    else {
      const value = buckets.highestEquivalentValue(buckets.valueFromIndex(index++));
      if (!(value < MAX_VALUE)) throw new Error("out of range");
      counted.push([value, count]);
    }
  }
  return { digits, counted };
}
