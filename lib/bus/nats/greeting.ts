/** What a NATS server says of itself before anybody has logged in. */

/**
 * Whether a server asks for a client certificate. The client's own way to learn that is to be cut off
 * after the handshake, which looks like a server that doesn't answer.
 *
 * @param address host:port
 */
export async function asksForCertificate(address: string, signal: AbortSignal): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  try {
    using connection = await Deno.connect({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || 80),
      signal,
    });
    const buffer = new Uint8Array(16_384);
    let text = "";
    const late = new Promise<null>((resolve) =>
      signal.addEventListener("abort", () => resolve(null))
    );
    while (!text.includes("\r\n") && text.length < buffer.length) {
      const length = await Promise.race([connection.read(buffer).catch(() => null), late]);
      if (length === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, length));
    }
    const [, info] = /^INFO (\{.*\})/.exec(text) ?? [];
    return info !== undefined && JSON.parse(info).tls_verify === true;
  } catch {
    return false; // nothing there, or nothing that says so
  }
}
