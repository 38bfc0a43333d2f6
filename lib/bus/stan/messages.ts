/** NATS Streaming's messages about what is published and subscribed to: only the fields that are used here. */

import { read, written } from "./protobuf.ts";

export interface Publication {
  clientId: string;
  /** Names the message in its acknowledgement. */
  guid: string;
  subject: string;
  data: Uint8Array;
  connectionId: Uint8Array;
}

export function publication(message: Publication): Uint8Array<ArrayBuffer> {
  return written((to) => {
    to.writeStringField(1, message.clientId);
    to.writeStringField(2, message.guid);
    to.writeStringField(3, message.subject);
    to.writeBytesField(5, message.data);
    to.writeBytesField(6, message.connectionId);
  });
}

/** @throws {Error} where it is none */
export function readPubAck(bytes: Uint8Array): { guid: string; error: string } {
  const ack = { guid: "", error: "" };
  read(bytes, (tag, from) => {
    if (tag === 1) ack.guid = from.readString();
    if (tag === 2) ack.error = from.readString();
  });
  return ack;
}

/** Where a subscription begins; by a number where it goes on. */
export type StartPosition = "new" | "last" | "first" | { sequence: number };

const START_POSITIONS = { new: 0, last: 1, first: 4 };
const FROM_SEQUENCE = 3;

export interface SubscriptionRequest {
  clientId: string;
  subject: string;
  inbox: string;
  maxInFlight: number;
  ackWaitS: number;
  durable?: string;
  start: StartPosition;
}

export function subscriptionRequest(request: SubscriptionRequest): Uint8Array<ArrayBuffer> {
  const { start, durable } = request;
  return written((to) => {
    to.writeStringField(1, request.clientId);
    to.writeStringField(2, request.subject);
    to.writeStringField(4, request.inbox);
    to.writeVarintField(5, request.maxInFlight);
    to.writeVarintField(6, request.ackWaitS);
    if (durable !== undefined) to.writeStringField(7, durable);
    to.writeVarintField(10, typeof start === "string" ? START_POSITIONS[start] : FROM_SEQUENCE);
    if (typeof start !== "string") to.writeVarintField(11, start.sequence);
  });
}

/** @throws {Error} where it is none */
export function readSubscriptionResponse(bytes: Uint8Array): { ackInbox: string; error: string } {
  const response = { ackInbox: "", error: "" };
  read(bytes, (tag, from) => {
    if (tag === 2) response.ackInbox = from.readString();
    if (tag === 3) response.error = from.readString();
  });
  return response;
}

/** Ends a subscription: its durable, if it has one, stays where it is closed, and goes where it is unsubscribed. */
export function endRequest(
  { clientId, subject, ackInbox }: { clientId: string; subject: string; ackInbox: string },
): Uint8Array<ArrayBuffer> {
  return written((to) => {
    to.writeStringField(1, clientId);
    to.writeStringField(2, subject);
    to.writeStringField(3, ackInbox);
  });
}

export interface Delivery {
  sequence: number;
  subject: string;
  data: Uint8Array;
  redelivered: boolean;
  /** When the server stored it, in nanoseconds since the UNIX epoch, to a double's 256 of them. */
  storedNs: number;
}

/** @throws {Error} where it is none */
export function readDelivery(bytes: Uint8Array): Delivery {
  const delivery: Delivery = {
    sequence: 0,
    subject: "",
    data: new Uint8Array(),
    redelivered: false,
    storedNs: 0,
  };
  read(bytes, (tag, from) => {
    if (tag === 1) delivery.sequence = from.readVarint();
    if (tag === 2) delivery.subject = from.readString();
    if (tag === 4) delivery.data = from.readBytes();
    if (tag === 5) delivery.storedNs = from.readVarint(true);
    if (tag === 6) delivery.redelivered = from.readBoolean();
  });
  return delivery;
}

export function acknowledgement(subject: string, sequence: number): Uint8Array<ArrayBuffer> {
  return written((to) => {
    to.writeStringField(1, subject);
    to.writeVarintField(2, sequence);
  });
}
