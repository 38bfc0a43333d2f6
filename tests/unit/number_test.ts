import assert from "node:assert/strict";
import { fixed, signed } from "../../lib/text/number.ts";

for (
  const [value, digits, text, withSign] of [
    [0, 2, "0.00", "+0.00"],
    [-0.004, 2, "0.00", "+0.00"],
    [-0.0051, 2, "-0.01", "-0.01"],
    [-0.4, 0, "0", "+0"],
    [1.25, 1, "1.3", "+1.3"],
    [-10, 2, "-10.00", "-10.00"],
    [-0, 3, "0.000", "+0.000"],
  ] as const
) {
  Deno.test(`fixed() writes ${value} with ${digits} decimals as ${text}`, () => {
    assert.equal(fixed(value, digits), text);
    assert.equal(signed(value, digits), withSign);
  });
}
