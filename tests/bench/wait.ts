/** Waiting in real time. */

const POLL_S = 0.02;
const MAX_POLL_S = 60;

/** Polls, as what it waits for is a program's that knows nothing of it. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>) {
  for (let left = MAX_POLL_S; !await isSo(); left -= POLL_S) {
    if (left <= 0) throw new Error(`no ${what} within ${MAX_POLL_S} s`);
    await wait(POLL_S);
  }
}

export const wait = (seconds: number) =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));
