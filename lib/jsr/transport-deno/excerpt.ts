/** How much is shown of what can't be read. */
export const SHOWN = 40;

export function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
