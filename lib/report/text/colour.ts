/** Whether a person sees colours, as the conventions say (no-color.org, force-color.org, terminfo's dumb). */

export interface ColourOptions {
  isTerminal: boolean;
  /** A variable of the environment, where it is set and may be read. */
  variable: (name: string) => string | undefined;
}

export function wantsColour({ isTerminal, variable }: ColourOptions): boolean {
  const forced = variable("FORCE_COLOR");
  if (forced) return forced !== "0" && forced !== "false";
  if (variable("NO_COLOR") || variable("TERM") === "dumb") return false;
  return isTerminal;
}
