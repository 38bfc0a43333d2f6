/** What is built on a connection to a NATS server, and falls with it. */

/**
 * Makes something on top of a connection; the connection is closed where that fails, or is given up on the way.
 *
 * @throws what `make` throws
 */
export async function onTopOf<T>(
  line: { close(): void },
  signal: AbortSignal,
  make: () => Promise<T>,
): Promise<T> {
  const giveUp = () => line.close();
  signal.addEventListener("abort", giveUp);
  try {
    return await make();
  } catch (error) {
    line.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
