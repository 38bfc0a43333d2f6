/** What a server says first, where it isn't one that speaks AMQP 0-9-1. */

/** By their first characters. */
const OTHERS = {
  "INFO {": "NATS",
  "-ERR": "Redis or NATS",
  "HTTP/": "HTTP",
  "SSH-": "SSH",
  "\x15\x03": "TLS", // an alert
  "\x16\x03": "TLS", // a handshake
};

/** A frame of a method on channel 0; or the version it speaks, which the client reads. */
const OURS = ["\x01\0\0", "AMQP"];

/** Undefined where it may be AMQP. */
export function foreignText(first: Uint8Array): string | undefined {
  const text = String.fromCharCode(...first.subarray(0, 8));
  if (OURS.some((start) => text.startsWith(start))) return;
  const other = Object.entries(OTHERS).find(([start]) => text.startsWith(start))?.[1];
  return other
    ? `it speaks ${other}, not AMQP`
    : `it doesn't greet as RabbitMQ does: ${JSON.stringify(text)}`;
}
