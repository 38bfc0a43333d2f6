/** LONG=1 takes the times and counts of the real thing, which are too long for every day. */
export const LONG =
  Deno.permissions.querySync({ name: "env", variable: "LONG" }).state === "granted" &&
  Deno.env.get("LONG") === "1";
