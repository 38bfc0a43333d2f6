// The thread behind workerSleeper(): sleeps until a moment of the main thread's clock, then wakes it.
// Started from its source text in a data: URL, which needs no permission, unlike a file.
self.onmessage = ({ data: { state, times } }) => {
  let originMs = Infinity; // our clock minus the main thread's: the least seen, as waking up only adds to it
  for (let done = 0;;) {
    Atomics.wait(state, 0, done);
    const request = Atomics.load(state, 0);
    if (request < 0) return self.close();
    const nowMs = performance.now();
    const [askedMs, dueMs] = times;
    originMs = Math.min(originMs, nowMs - askedMs);
    const sleepMs = dueMs + originMs - nowMs;
    if (sleepMs > 0) Atomics.wait(state, 0, request, sleepMs); // the next request, or the end, interrupts it
    done = request;
    Atomics.store(state, 1, done);
    Atomics.notify(state, 1);
  }
};
self.postMessage("ready");
