/** `--live`: the terminal as a screen, redrawn twice a second, in place of lines. */

import type { Outcome } from "../expect.ts";
import { type LineWriter, withLine } from "../report/lines.ts";
import { paint } from "../report/text/colour.ts";
import type { TickEvent } from "../stats/events.ts";
import type { Recorder } from "../stats/recorder.ts";
import type { Summary } from "../stats/summary.ts";
import type { Clock, MonoUs } from "../time/clock.ts";
import { within } from "../time/wait.ts";
import { frameOf } from "./frame.ts";
import { HeldLines } from "./held_lines.ts";
import { redraw } from "./redraw.ts";
import { Recent } from "./recent.ts";
import * as terminal from "./terminal.ts";

export interface ScreenOptions {
  /** Of the app, with which its lines begin. */
  name: string;
  out: LineWriter;
  err: LineWriter;
  recorder: Recorder;
  clock: Clock;
  startUs: MonoUs;
  colour: boolean;
  variable: (name: string) => string | undefined;
  /** What is known now. */
  summary: () => Promise<Summary>;
  outcomes: (summary: Summary) => Outcome[];
  /** The terminal is given back as soon as it aborts. */
  signal: AbortSignal;
}

export interface Screen extends AsyncDisposable {
  /** Why there is none, if so: then nothing is changed. */
  unfit?: string;
  /** In place of stdout: without lines, where it is the same terminal. */
  out: LineWriter;
  /** In place of stderr: what it is given is on the screen as long as there is one, and comes after it. */
  err: LineWriter;
  /** The same, and the screen is told too. */
  also(report: (event: TickEvent) => void): (event: TickEvent) => void;
  /** Gives the terminal back, however often it is called; resolves once that is taken, or isn't in time. */
  leave(): Promise<unknown>;
}

/** A terminal that takes nothing must not keep us. */
const TAKEN_MS = 500;

export function openScreen(options: ScreenOptions): Screen {
  const unfit = terminal.unfit(options.variable);
  if (unfit === undefined) return drawnScreen(options);
  const { out, err } = options;
  const nothing = async () => {};
  return {
    unfit,
    out,
    err,
    also: (report) => report,
    leave: nothing,
    [Symbol.asyncDispose]: nothing,
  };
}

function drawnScreen(
  { name, out, err, recorder, clock, startUs, ...options }: ScreenOptions,
): Screen {
  const recent = new Recent(startUs);
  recorder.follow(recent, startUs);
  const style = paint(options.colour);
  const held = new HeldLines();
  let [isUp, isFresh, isOver] = [false, false, false];

  function enter() {
    if (isOver) return;
    terminal.awaitForeground();
    [isUp, isFresh] = [true, true];
    err.keep(terminal.ENTER);
  }

  async function draw() {
    // Where the last one is not taken yet, another would only wait behind it.
    if (!isUp || (err.waiting > 0 && !isFresh)) return;
    isFresh = false;
    const text = await frame();
    if (isUp) err.line(text);
  }

  async function frame(): Promise<string> {
    const summary = await options.summary();
    const size = terminal.sizeOf();
    const nowUs = clock.monoUs();
    const state = {
      summary,
      outcomes: options.outcomes(summary),
      chartOf: (subject: string, count: number) => recent.chartOf(subject, count, nowUs),
      outages: recent.outages,
      events: held.last(size.rows, name),
    };
    return terminal.frameText(frameOf(state, size, style));
  }

  /** What gives the terminal back, and then all that was held. */
  function lastText(): string {
    const leave = isUp ? terminal.LEAVE : "";
    [isUp, isOver] = [false, true];
    return leave + held.takeAll().join("\n");
  }

  function leave() {
    if (!isOver) err.keep(lastText());
    return within(TAKEN_MS, err.flush());
  }

  /** Where nothing more is written but why it ends. */
  function leaveNow() {
    if (!isOver) Deno.stderr.writeSync(new TextEncoder().encode(`${lastText()}\n`));
  }

  async function suspend() {
    if (!isUp) return;
    isUp = false;
    err.keep(terminal.LEAVE);
    await within(TAKEN_MS, err.flush());
    if (!isOver) Deno.kill(Deno.pid, "SIGSTOP"); // until SIGCONT, which enters it again
  }

  const stack = new AsyncDisposableStack();
  options.signal.addEventListener("abort", leave);
  for (const type of ["error", "unhandledrejection"]) {
    addEventListener(type, leaveNow);
    stack.defer(() => removeEventListener(type, leaveNow));
  }
  enter();
  const drawing = stack.use(redraw(draw));
  stack.use(terminal.onSignal("SIGTSTP", suspend));
  stack.use(terminal.onSignal("SIGCONT", () => {
    enter();
    drawing.soon();
  }));
  stack.use(terminal.onSignal("SIGWINCH", drawing.soon));
  stack.defer(async () => void await leave());

  return {
    out: terminal.isShared() ? withLine(out, () => {}) : out,
    err: withLine(err, (text) => isOver ? err.line(text) : held.add(text)),
    also: (report) => (event) => {
      report(event);
      recent.event(event);
    },
    leave,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
