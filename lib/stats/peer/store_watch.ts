/** What a bus that stores says of a peer's ticks: brought again, kept for us, or acknowledged to the peer and lost. */

import type { ReceivedTick } from "../../arrival.ts";
import type { SequenceAccounts } from "../sequence/accounts.ts";
import type { TickHeader } from "../../wire.ts";

export interface StoreStatistics {
  /** Ticks that the bus says it brought before; they count for all else too. */
  redelivered: number;
  /**
   * Ticks that the bus had stored before we subscribed, or while we were away; they count for all else too, and
   * the time that they were stored is in their delay.
   */
  fromStore: number;
  /**
   * Of what the bus acknowledged to the peer, so much was lost, where it acknowledges. Which ticks were acknowledged
   * isn't known: one that was unconfirmed may have been received all the same.
   */
  acknowledgedLost?: { min: number; max: number };
}

export class StoreWatch {
  redelivered = 0;
  fromStore = 0;
  #run: string | undefined;
  /** Sent before the first tick that was received of this run: acknowledged or not. */
  #before = 0;
  #acked: number | undefined;

  take({ redelivered, fromStore, header }: ReceivedTick) {
    if (redelivered) this.redelivered++;
    if (fromStore) this.fromStore++;
    if (header) this.#follow(header);
  }

  /** @param accounts of the peer's runs */
  statistics(run: string | undefined, accounts: SequenceAccounts): StoreStatistics {
    const { redelivered, fromStore } = this;
    const account = run === undefined ? undefined : accounts.account(run);
    const counts = { redelivered, fromStore };
    if (!account || this.#acked === undefined || run !== this.#run) return counts;
    const { received, lost } = account;
    const least = Math.max(0, this.#acked - this.#before - received);
    const acknowledgedLost = { min: Math.min(lost, least), max: Math.min(lost, this.#acked) };
    return { ...counts, acknowledgedLost };
  }

  #follow({ run, seq, unsent, skipped, acked }: TickHeader) {
    if (run !== this.#run) {
      this.#run = run;
      this.#before = seq - unsent - skipped;
      this.#acked = undefined;
    }
    if (acked !== undefined) this.#acked = Math.max(acked, this.#acked ?? 0);
  }
}
