/** A mistake of the user's: one line that says what is expected; exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
