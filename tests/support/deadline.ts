/** Resolves as the promise does; rejects once it has taken too long. */
export async function deadline<T>(
  withinMs: number,
  what: string,
  promise: PromiseLike<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no ${what} within ${withinMs} ms`)),
    withinMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
