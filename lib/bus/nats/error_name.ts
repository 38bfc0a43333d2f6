/** Whether an error of the client's is of a name, or one of those it wraps is. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && (error.name === name || isNamed(error.cause, name));
}
