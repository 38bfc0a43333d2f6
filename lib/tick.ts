/**
 * The tick, and the two async iterators everything hangs on: {@linkcode publishTicks} and
 * {@linkcode receiveTicks}.
 *
 * @example Two directions in one program
 * ```ts
 * import { openBus } from "./bus/open.ts";
 * import { publishTicks, receiveTicks } from "./tick.ts";
 * import { TICK_HEADER } from "./wire.ts";
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

export { newRun, publishTicks } from "./tick/publish.ts";
export { receiveTicks } from "./tick/receive.ts";
export type { AboutTick, PublishOptions, SentTick } from "./tick/publish.ts";
export type { ReceiveOptions } from "./tick/receive.ts";
