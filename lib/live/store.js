/** What the page has of the run, as the app sends it. */

/** In the tier for each window so many columns are kept, as the app keeps them. */
const MAX_COLUMNS = [1200, 1200, 1200, 2400];

export class Store {
  /** By subject, which may be any text: tiers of columns, outages, counts. */
  peers = new Map();
  view = { peers: [] };
  startS = 0;
  boundsS = [];

  /** Calls back after whatever changes the plots, or the numbers. */
  follow(source, { plots, numbers }) {
    const on = (type, take, changed) =>
      source.addEventListener(type, ({ data }) => {
        take(JSON.parse(data));
        changed();
      });
    on("history", ({ startS, boundsS, peers }) => {
      Object.assign(this, { startS, boundsS, peers: new Map(Object.entries(peers)) });
    }, plots);
    on("columns", ({ peers }) => this.#takeAll(peers), plots);
    on("summary", (view) => this.view = view, () => {
      numbers();
      plots();
    });
  }

  viewOf(subject) {
    return this.view.peers.find((peer) => peer.subject === subject);
  }

  /** Those that are over, and the one that lasts. */
  outagesOf(subject) {
    const known = this.peers.get(subject)?.outages ?? [];
    const open = this.viewOf(subject)?.openOutage;
    const isKnown = open && known.some(({ startUs }) => startUs === open.startUs);
    return open && !isKnown ? [...known, { ...open, isOpen: true }] : known;
  }

  #takeAll(peers) {
    // All that have plots are in each message.
    for (const subject of this.peers.keys()) {
      if (!Object.hasOwn(peers, subject)) this.peers.delete(subject);
    }
    for (const [subject, { of, counts, outages, tiers }] of Object.entries(peers)) {
      const known = this.peers.get(subject) ?? { tiers: [], outages: [] };
      this.peers.set(subject, known);
      Object.assign(known, { of, counts, outages: outages ?? known.outages });
      tiers.forEach((tier, n) => take(known.tiers, tier, n));
    }
  }
}

/** Adds new columns to those that are here. */
function take(tiers, tier, n) {
  const old = tiers[n];
  if (!old || tier.isWhole) {
    tiers[n] = tier;
    return;
  }
  // A page that has missed some is sent all of it next.
  if (tier.from !== old.from + old.columns.length) return;
  old.columns.push(...tier.columns);
  const over = Math.max(0, old.columns.length - MAX_COLUMNS[n]);
  old.columns.splice(0, over);
  old.from += over;
}
