import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDuplicateJsonKey } from "./json-keys.ts";

describe("findDuplicateJsonKey", () => {
  it.each([
    ['{"a":1,"a":2}', "a"],
    ['{"a":{"b":1 , "c":[{}],"b" : 2}}', "b"],
    ['[{"x":0},{"y":{"\\u0061":1,"a":2}}]', "a"],
    ['{"":1,"":2}', ""],
    ['{"a\\"b":1,"a\\"b":2}', 'a"b'],
  ])("finds the key that %s repeats", (text, key) => {
    expect(findDuplicateJsonKey(text)).toBe(key);
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":["a","a"]}',
    '{"a":"a\\":","b":"{\\"a\\":1,\\"a\\":2}"}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\\\","b":1}',
    "3",
  ])("accepts %s", (text) => {
    expect(findDuplicateJsonKey(text)).toBeUndefined();
  });

  it("accepts whatever JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(findDuplicateJsonKey(JSON.stringify(value, null, 1))).toBeUndefined();
      }),
    );
  });
});
