/**
 * What a peer takes in memory: one that has only just begun, and one with losses and full statistics; in no real time.
 *
 *     deno run --v8-flags=--expose-gc tests/bench/peer_memory.ts [PEERS] [TICKS] [DRIFT-PPM]
 */

import { headerOf, type TickHeader } from "../../lib/wire.ts";
import { readHeader } from "../../lib/wire/read_header.ts";
import { PERCENTILES } from "../../lib/stats/delay/histogram.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { EPOCH_US, loopbackUs, seeded } from "../support/simulation.ts";

const [peers = 2000, ticks = 3000, driftPpm = 0] = Deno.args.map(Number);
const IDLE_TICKS = 100;
const INTERVAL_US = 10_000;
const RUN = "11111111";

function usedBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** KiB a peer, after so many ticks of each. */
function kibAPeer(
  count: number,
  faults: boolean,
  echoes = true,
): { kib: number; recorder: Recorder } {
  const before = usedBytes();
  const recorder = new Recorder({
    ...{ run: RUN, intervalUs: INTERVAL_US, lossTimeoutUs: 1e6, maxPeers: peers },
  });
  const random = seeded(1);
  for (let n = 0; n < count; n++) {
    const atUs = n * INTERVAL_US;
    const wallUs = EPOCH_US + atUs as WallUs;
    recorder.about({ wallUs, monoUs: atUs as MonoUs, seq: n });
    recorder.sent({
      ...{ run: RUN, seq: n, signUs: wallUs, monoUs: atUs as MonoUs, timerErrorUs: 0 },
      ...{ last: false, sent: true, unsent: 0, skipped: 0 },
    });
    if (n % 25 === 0) recorder.check(atUs as MonoUs);
    for (let peer = 0; peer < peers; peer++) {
      const kind = faults ? random() : 1;
      if (kind < 0.005) continue;
      // Of two that come swapped, the second one comes first.
      const swap = faults && n % 500 >= 498 ? (n % 500 === 498 ? 1 : -1) : 0;
      const [thereUs, backUs] = [loopbackUs(random), loopbackUs(random)];
      const aheadUs = peer * 1000 + Math.round(atUs * driftPpm / 1e6);
      const signUs = EPOCH_US + atUs + 3000 + thereUs + aheadUs;
      const header: TickHeader = {
        ...{ run: (peer + 0x20000000).toString(16), seq: n + swap, timerErrorUs: n % 47 },
        ...{ unsent: 0, skipped: 0, steps: 0, rttUs: 300 },
        echo: {
          ...{ run: RUN, seq: n, signUs: wallUs },
          realUs: Math.round(EPOCH_US + atUs + thereUs + aheadUs) as WallUs,
        },
      };
      if (echoes ? n >= 64 && n % 10 !== 0 : true) delete header.echo;
      for (let copy = kind > 0.998 && faults ? 2 : 1; copy > 0; copy--) {
        recorder.received({
          subject: `tick.${peer}`,
          signUs: Math.round(signUs) as WallUs,
          realUs: Math.round(EPOCH_US + atUs + 3000 + thereUs + backUs) as WallUs,
          monoUs: atUs + 3000 + thereUs + backUs as MonoUs,
          ...readHeader(headerOf(header)),
        });
      }
    }
  }
  return { kib: (usedBytes() - before) / 1024 / peers, recorder };
}

kibAPeer(2, true);
const idle = kibAPeer(IDLE_TICKS, false);
console.log(`${IDLE_TICKS} ticks, nothing lost: ${idle.kib.toFixed(1)} KiB a peer`);
idle.recorder.peers.clear();
const deaf = kibAPeer(IDLE_TICKS * 10, false, false);
console.log(`${10 * IDLE_TICKS} ticks that echo none of ours: ${deaf.kib.toFixed(1)} KiB a peer`);
deaf.recorder.peers.clear();
const full = kibAPeer(ticks, true);
console.log(`${ticks} ticks, losses and all: ${full.kib.toFixed(1)} KiB a peer`);
const { sequence, delay, drift } = full.recorder.peers.get(`tick.${peers - 1}`)!
  .statistics(ticks * INTERVAL_US as MonoUs);
const { received, lost, duplicate, reordered } = sequence;
console.log({ received, lost, duplicate, reordered, delays: delay?.count, drift: drift.state });

const fromMs = performance.now();
for (const peer of full.recorder.peers.values()) {
  peer.statistics(ticks * INTERVAL_US as MonoUs, false, PERCENTILES);
}
const usEach = (performance.now() - fromMs) * 1000 / peers;
console.log(`all statistics of one peer: ${usEach.toFixed(0)} µs`);
