/** Scripts by which a shell completes the options of an app's task. */

import { type Identity, ROWS } from "./table.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** @throws {RangeError} where there is none for this shell */
export function readShell(written: string): Shell {
  const shell = SHELLS.find((name) => name === written);
  if (shell) return shell;
  throw new RangeError(`invalid shell ${JSON.stringify(written)}: use ${SHELLS.join(", ")}`);
}

/** Completes behind `deno task app1`; to be read by the shell: `source <(deno task app1 --completions bash)`. */
export function completionsText(shell: Shell, { name }: Identity): string {
  return { bash, zsh, fish }[shell](name);
}

function bash(app: string): string {
  const files = ROWS.filter(([, value]) => value === "FILE").map(([name]) => `--${name}`);
  return `_tick_${app}() {
  local words="\${COMP_WORDS[*]}" current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $words == *"task ${app}"* ]] || return
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    ${files.join("|")}) COMPREPLY=($(compgen -f -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "${ROWS.map(([name]) => `--${name}`).join(" ")}" -- "$current")) ;;
  esac
}
complete -F _tick_${app} -o default deno`;
}

function zsh(app: string): string {
  const rows = ROWS.map(([name, value, meaning]) => {
    const shown = meaning.replace(/[[\]:'\\\\]/g, " ");
    return `    '--${name}[${shown}]${
      value === "" ? "" : `:${value}:${value === "FILE" ? "_files" : ""}`
    }'`;
  });
  return `_tick_${app}() {
  [[ $words == *"task ${app}"* ]] || { _default; return }
  _arguments -S \\
${rows.join(" \\\n")}
}
compdef _tick_${app} deno`;
}

function fish(app: string): string {
  const within = `'string match -q "*task ${app}*" (commandline)'`;
  return ROWS.map(([name, value, meaning, , short]) => {
    const letter = short ? ` -s ${short}` : "";
    const takes = value === "" ? " -f" : value === "FILE" ? " -r -F" : " -x";
    const shown = meaning.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
    return `complete -c deno -n ${within}${letter} -l ${name}${takes} -d '${shown}'`;
  }).join("\n");
}
