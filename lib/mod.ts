/**
 * Time signals over a message bus: open a bus by its URL, publish ticks on it, and receive those of others.
 *
 * @example Both directions in one program
 * ```ts
 * import { openBus, publishTicks, receiveTicks, TICK_HEADER } from "./mod.ts";
 *
 * await using bus = await openBus("127.0.0.1:4222", { name: "example", headerName: TICK_HEADER });
 * async function send() {
 *   for await (const tick of publishTicks(bus, { subject: "app1_tick" })) void tick.seq;
 * }
 * async function receive() {
 *   for await (const tick of receiveTicks(bus, { subject: "app2_tick" })) {
 *     console.log((tick.realUs - tick.signUs) / 1e6);
 *   }
 * }
 * await Promise.all([send(), receive()]);
 * ```
 * @module
 */

export { openBus } from "./bus/open.ts";
export { newRun, publishTicks, receiveTicks } from "./tick.ts";
export { TICK_HEADER } from "./wire.ts";
export type {
  Bus,
  BusEvent,
  Capabilities,
  Fate,
  Message,
  Operation,
  PublishResult,
  ServerIdentity,
  Start,
  SubscribeOptions,
  UnsentReason,
} from "./bus/bus.ts";
export type { Address, BusKind, BusOptions, OpenOptions, OptionRow } from "./bus/kind.ts";
export type { Target } from "./bus/open.ts";
export type { ReceivedTick, RejectedMessage } from "./arrival.ts";
export type { AboutTick, PublishOptions, ReceiveOptions, SentTick } from "./tick.ts";
export type { Clock, Moment, MonoUs, timeline, WallUs } from "./time/clock.ts";
export type { Beat } from "./time/metronome.ts";
export type { Wait } from "./time/wait.ts";
export type { Echo, ReceivedCounts, TickHeader } from "./wire.ts";
