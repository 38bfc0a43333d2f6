/** NATS Streaming's messages about a session: only the fields that are used here. */

import { read, written } from "./protobuf.ts";

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
