/** Certificates for a test, made with `openssl` in a folder of its own. */

export interface Certificates {
  /** Path of a file, like `ca.pem` or `server.key`. */
  path(name: string): string;
}

/** name, alternative names, days it is valid, signed by. */
const LEAVES = [
  ["host", "DNS:localhost", "30", "ca"],
  ["address", "IP:127.0.0.1", "30", "ca"],
  ["elsewhere", "DNS:elsewhere.example,IP:127.0.0.9", "30", "ca"],
  ["expired", "DNS:localhost,IP:127.0.0.1", "-1", "ca"],
  ["client", "DNS:client", "30", "ca"],
  ["stranger", "DNS:stranger", "30", "other"],
] as const;

/** Those of this process's tests: made once, as none of them changes one, and removed when it ends. */
let made: Promise<string> | undefined;

/**
 * Two authorities, `ca` and `other`, and certificates of theirs: for a host, an address, another
 * host, an expired one, and a client of each.
 */
export async function certificates(): Promise<Certificates> {
  const folder = await (made ??= make());
  return { path: (name) => `${folder}/${name}` };
}

async function make(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "tick-tls-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

  async function openssl(...args: string[]) {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }

  await Promise.all(["ca", "other"].map((name) =>
    openssl(
      ...["req", "-x509", ...key, "-days", "30", "-subj", `/CN=${name}`],
      ...["-keyout", `${name}.key`, "-out", `${name}.pem`],
    )
  ));
  await Promise.all(LEAVES.map(async ([name, names, days, ca], index) => {
    const request = ["-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`];
    await openssl("req", ...key, ...request);
    await Deno.writeTextFile(`${folder}/${name}.ext`, `subjectAltName=${names}\n`);
    await openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", `${ca}.pem`, "-CAkey", `${ca}.key`],
      ...["-set_serial", `${index + 1}`, "-days", days],
      ...["-extfile", `${name}.ext`, "-out", `${name}.pem`],
    );
  }));
  return folder;
}
