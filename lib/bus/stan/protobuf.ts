/** Protobuf, a message at a time. */

import Pbf from "pbf";

export function written(write: (to: Pbf) => void): Uint8Array<ArrayBuffer> {
  const to = new Pbf();
  write(to);
  return new Uint8Array(to.finish());
}

export function read(bytes: Uint8Array, take: (tag: number, from: Pbf) => void) {
  new Pbf(bytes).readFields((tag, _, from) => take(tag, from), {});
}
