/** Subjects, wildcards and who is subscribed to what. */

import assert from "node:assert/strict";
import { isLiteral, isSubject, Subscriptions } from "../../../lib/demo/subject_match.ts";

const matchedBy = (pattern: string, subject: string) => {
  const subscriptions = new Subscriptions<string>();
  subscriptions.add(pattern, "it");
  return subscriptions.matching(subject).length === 1;
};

Deno.test("isSubject() takes no empty token, and > only as the last", () => {
  for (const subject of ["a", "a.b", "*", ">", "a.>", "*.*", "a.>b", "a*", ">.".slice(0, 1)]) {
    assert.ok(isSubject(subject), subject);
  }
  for (const subject of ["", ".", "a.", ".a", "a..b", ">.a", "a.>.b", ">.>"]) {
    assert.ok(!isSubject(subject), subject);
  }
});

Deno.test("isLiteral() is false where a whole token is a wildcard", () => {
  for (const subject of ["a", "a*", "*a.b", "a.>b", "a>"]) assert.ok(isLiteral(subject), subject);
  for (const subject of ["*", ">", "a.*", "*.a", "a.*.b", "a.>"]) {
    assert.ok(!isLiteral(subject), subject);
  }
});

Deno.test("* matches any one token", () => {
  assert.ok(matchedBy("a.*", "a.b"));
  assert.ok(matchedBy("*.b", "a.b"));
  assert.ok(!matchedBy("a.*", "a"));
  assert.ok(!matchedBy("a.*", "a.b.c"));
  assert.ok(!matchedBy("a.*", "b.b"));
});

Deno.test("> matches one token or more", () => {
  assert.ok(matchedBy(">", "a"));
  assert.ok(matchedBy("a.>", "a.b.c"));
  assert.ok(matchedBy("*.>", "a.b"));
  assert.ok(!matchedBy("a.>", "a"));
  assert.ok(!matchedBy("a.>", "b.c"));
});

Deno.test("a subject with an empty token matches nothing", () => {
  for (const subject of ["", ".a", "a.", "a..b"]) assert.ok(!matchedBy(">", subject), subject);
});

Deno.test("Subscriptions finds each subscription to the same subject, until it is deleted", () => {
  const subscriptions = new Subscriptions<string>();
  for (const name of ["first", "second"]) {
    subscriptions.add("a", name);
    subscriptions.add("*", `any ${name}`);
  }
  assert.deepEqual(subscriptions.matching("a"), ["first", "second", "any first", "any second"]);
  subscriptions.delete("a", "first");
  subscriptions.delete("*", "any second");
  assert.deepEqual(subscriptions.matching("a"), ["second", "any first"]);
  subscriptions.delete("a", "second");
  subscriptions.delete("*", "any first");
  assert.deepEqual(subscriptions.matching("a"), []);
});
