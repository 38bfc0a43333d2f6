/** What a peer tells its intervals as they end. */

import type { Followed } from "../interval/followed.ts";
import type { SequenceAccounts } from "../sequence/accounts.ts";
import type { OutageWatch } from "./outage_watch.ts";
import type { Senders } from "./senders.ts";
import type { PeerTimes } from "./times.ts";

export interface FollowedParts {
  senders: Senders;
  outages: OutageWatch;
  times: PeerTimes;
  accounts: SequenceAccounts;
  /** How many ticks came without a header. */
  bare: () => number;
}

export function followedOf({ senders, outages, times, accounts, bare }: FollowedParts): Followed {
  return {
    stateAt(us) {
      const { received, late, duplicate, reordered } = accounts.statistics();
      const { count, totalUs } = outages.statistics(senders.current, us);
      return {
        run: senders.current.run,
        received: received + bare(),
        ...{ late, duplicate, reordered, outages: count, outageUs: totalUs },
        ...times.delays.stateAt(us),
      };
    },
    ofOthersUs: (fromUs, toUs) => outages.openOfOthersUs(senders.current, fromUs, toUs),
  };
}
