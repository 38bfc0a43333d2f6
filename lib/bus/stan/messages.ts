/** The messages of NATS Streaming's protocol, in protobuf: only the fields that are used here. */

import Pbf from "pbf";

/** Protocol 1 has pings from the client's side. */
const PROTOCOL = 1;

export interface ConnectRequest {
  clientId: string;
  /** Where the server asks whether we are still there. */
  heartbeatInbox: string;
  /** Tells this connection from another one by the same id. */
  connectionId: Uint8Array;
  pingIntervalS: number;
  pingMaxOut: number;
}

export function connectRequest(request: ConnectRequest): Uint8Array<ArrayBuffer> {
  return written((to) => {
    to.writeStringField(1, request.clientId);
    to.writeStringField(2, request.heartbeatInbox);
    to.writeVarintField(3, PROTOCOL);
    to.writeBytesField(4, request.connectionId);
    to.writeVarintField(5, request.pingIntervalS);
    to.writeVarintField(6, request.pingMaxOut);
  });
}

/** Where the server takes what; an error instead where it won't have us. */
export interface ConnectResponse {
  publish: string;
  subscribe: string;
  unsubscribe: string;
  close: string;
  error: string;
  closeSubscription: string;
  ping: string;
}

const CONNECT_RESPONSE = {
  1: "publish",
  2: "subscribe",
  3: "unsubscribe",
  4: "close",
  5: "error",
  6: "closeSubscription",
  7: "ping",
} as const;

/** @throws {Error} where it is none */
export function readConnectResponse(bytes: Uint8Array): ConnectResponse {
  const response: ConnectResponse = {
    publish: "",
    subscribe: "",
    unsubscribe: "",
    close: "",
    error: "",
    closeSubscription: "",
    ping: "",
  };
  read(bytes, (tag, from) => {
    const field = CONNECT_RESPONSE[tag as keyof typeof CONNECT_RESPONSE];
    if (field) response[field] = from.readString();
  });
  return response;
}

export function pingRequest(connectionId: Uint8Array): Uint8Array<ArrayBuffer> {
  return written((to) => to.writeBytesField(1, connectionId));
}

export function closeRequest(clientId: string): Uint8Array<ArrayBuffer> {
  return written((to) => to.writeStringField(1, clientId));
}

/** The error of an answer that has nothing else of interest; empty where all is well. */
export function readError(bytes: Uint8Array, field: number): string {
  let error = "";
  read(bytes, (tag, from) => {
    if (tag === field) error = from.readString();
  });
  return error;
}

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
}

/** @throws {Error} where it is none */
export function readDelivery(bytes: Uint8Array): Delivery {
  const delivery: Delivery = {
    sequence: 0,
    subject: "",
    data: new Uint8Array(),
    redelivered: false,
  };
  read(bytes, (tag, from) => {
    if (tag === 1) delivery.sequence = from.readVarint();
    if (tag === 2) delivery.subject = from.readString();
    if (tag === 4) delivery.data = from.readBytes();
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

function written(write: (to: Pbf) => void): Uint8Array<ArrayBuffer> {
  const to = new Pbf();
  write(to);
  return new Uint8Array(to.finish());
}

function read(bytes: Uint8Array, take: (tag: number, from: Pbf) => void) {
  new Pbf(bytes).readFields((tag, _, from) => take(tag, from), {});
}
