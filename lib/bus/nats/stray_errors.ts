/**
 * Errors of sockets that the NATS client has let go of. Nobody can catch them, and each would end the
 * process: the reset that follows a rejected login, what was still written to a socket that the server has
 * closed, and a TLS server's verdict on our certificate, which comes after the handshake. Anything else
 * still ends it.
 */

const listeners = new Set<(alert: string) => void>();

addEventListener("error", (event) => {
  const { code, syscall, message, stack } = (event.error ?? {}) as Record<string, unknown>;
  const [, alert] = /^received fatal alert: (.*)/.exec(String(message)) ?? [];
  const reset = code === "ECONNRESET" && syscall === "read";
  const late = code === "ERR_STREAM_WRITE_AFTER_END" && String(stack).includes("NodeTransport");
  if (reset || late) event.preventDefault();
  else if (alert !== undefined) {
    event.preventDefault();
    listeners.forEach((listener) => listener(alert));
  }
});

/** Calls back with each verdict, like `BadCertificate`, until it is disposed of. */
export function onTlsAlert(listener: (alert: string) => void): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}
