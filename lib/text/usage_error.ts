/** A mistake of the user's: one line that says what is expected; exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What has to be allowed besides: paths to read and to write, and variables. */
export interface Needed {
  read?: readonly string[];
  write?: readonly string[];
  env?: readonly string[];
}

/** A permission that wasn't given; whoever knows the command line adds how to give it. */
export class NotAllowed extends UsageError {
  override name = "NotAllowed";

  constructor(message: string, readonly needed: Needed) {
    super(message);
  }
}
