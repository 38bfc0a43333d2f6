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

/** Colours for what matters; never the only thing that says so. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warning(text: string): string;
  dim(text: string): string;
}

export function paint(colour: boolean): Paint {
  const by = (code: number) => (text: string) => colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { good: by(32), bad: by(31), warning: by(33), dim: by(2) };
}
