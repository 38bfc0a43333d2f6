// The thread behind exactSleeper(): wakes the main thread at a moment of its clock, and every so often after it.
// Started from its source text in a data: URL, which needs no permission, unlike a file.
self.onmessage = ({ data: { state, times } }) => {
  let originMs = Infinity; // our clock minus the main thread's: the least seen, as waking up only adds to it
  function wake() {
    Atomics.add(state, 1, 1);
    Atomics.notify(state, 1);
  }
  wake(); // where this is seen, the later ones are
  self.postMessage("started");
  Atomics.wait(state, 0, 0);
  for (let request; (request = Atomics.load(state, 0)) >= 0;) {
    const [askedMs, firstMs, everyMs] = times;
    originMs = Math.min(originMs, performance.now() - askedMs);
    for (let dueMs = firstMs;; dueMs += everyMs) {
      let leftMs = dueMs - times[3] + originMs - performance.now();
      if (everyMs > 0 && leftMs < -everyMs) {
        const beats = Math.floor(-leftMs / everyMs);
        dueMs += beats * everyMs;
        leftMs += beats * everyMs;
      }
      // The next request, or the end, interrupts it.
      if (Atomics.wait(state, 0, request, leftMs > 0 ? leftMs : 0) !== "timed-out") break;
      wake();
      if (everyMs > 0) continue;
      Atomics.wait(state, 0, request);
      break;
    }
  }
  self.close();
};
