import assert from "node:assert/strict";
import { tlsRefusalText } from "../../lib/bus/nats/refusal.ts";

const failed = (message: string, code?: string) => Object.assign(new Error(message), { code });

for (
  const [what, error, text] of [
    ["Node's TLS", failed("x", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"), /unknown authority.*--tls-ca/],
    [
      "Deno's TLS",
      failed("invalid peer certificate: UnknownIssuer"),
      /unknown authority.*--tls-ca/,
    ],
    ["JSR's transport", failed("invalid peer certificate: unknownissuer"), /unknown authority/],
    ["an expired one", failed("invalid peer certificate: Expired"), /has expired/],
    ["another host", failed("invalid peer certificate: NotValidForName"), /for another host/],
    ["anything else", failed("invalid peer certificate: Revoked"), /is refused: .*Revoked/],
    ["one of ours wanted", failed("x", "ERR_CLIENT_CERT_WANTED"), /asks for a client certificate/],
    [
      "one of ours refused",
      failed("BadCertificate", "ERR_CLIENT_CERT_REFUSED"),
      /: BadCertificate/,
    ],
    ["an alert", failed("received fatal alert: CertificateRequired"), /asks for a client cert/],
    ["no client certificates", failed("'tls.certfile' is not supported"), /JSR's transport/],
  ] as const
) {
  Deno.test(`tlsRefusalText() says what is wrong with a certificate: ${what}`, () => {
    assert.match(tlsRefusalText(error)!, text);
  });
}

Deno.test("tlsRefusalText() leaves what may help to try again", () => {
  assert.equal(tlsRefusalText(failed("connection refused", "ECONNREFUSED")), undefined);
  assert.equal(tlsRefusalText(failed("timeout")), undefined);
  assert.equal(tlsRefusalText(undefined), undefined);
});
