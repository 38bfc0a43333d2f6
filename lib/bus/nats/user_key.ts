/** A user's key as NATS writes it, and what it signs: by the system's Ed25519, as the client's own takes 70 ms at first. */

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";

export interface UserKey {
  /** As it stands in a server's configuration: `U…`. */
  publicKey: string;
  /** Signs what a server sends for that, in base64. */
  sign(nonce: string): string;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** What a seed begins with: that it is one, and of a user, in five bits each and their rests. */
const SEED_PREFIX = 2;
/** What makes a public key begin with a U. */
const USER = 20 << 3;
const CHECKSUM = 2;
/** An Ed25519 key in PKCS #8, but for the key itself (RFC 8410 §7). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Takes the key that a seed stands for; the one asked for last is kept ready. */
export function userKeys(): (seed: Uint8Array) => UserKey {
  let [last, key]: [string?, UserKey?] = [];
  return (seed) => {
    const written = new TextDecoder().decode(seed);
    if (!key || written !== last) [last, key] = [written, userKey(written)];
    return key;
  };
}

/** @throws {SyntaxError} where its checksum is wrong */
function userKey(seed: string): UserKey {
  const bytes = fromBase32(seed);
  const end = bytes.length - CHECKSUM;
  const said = bytes[end] | bytes[end + 1] << 8;
  if (end !== SEED_PREFIX + 32 || checksum(bytes.subarray(0, end)) !== said) {
    throw new SyntaxError("a seed whose checksum is wrong");
  }
  const der = Buffer.concat([PKCS8, bytes.subarray(SEED_PREFIX, end)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const named = Uint8Array.of(USER, ...Buffer.from(x!, "base64url"));
  const sum = checksum(named);
  return {
    publicKey: toBase32(Uint8Array.of(...named, sum & 0xff, sum >> 8)),
    sign: (nonce) => sign(null, Buffer.from(nonce), key).toString("base64"),
  };
}

/** CRC-16 of the polynomial x¹⁶ + x¹² + x⁵ + 1, from 0 on (XMODEM's). */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1 ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return sum;
}

/** RFC 4648 §6, without padding. */
function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0"));
  const octets = bits.join("").match(/.{8}/g) ?? [];
  return Uint8Array.from(octets, (octet) => parseInt(octet, 2));
}

function toBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const fives = bits.match(/.{1,5}/g) ?? [];
  return fives.map((five) => BASE32[parseInt(five.padEnd(5, "0"), 2)]).join("");
}
