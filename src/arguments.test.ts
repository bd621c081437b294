import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { checkBytes, checkOneOf, checkOptions } from "./arguments.ts";

describe("checks of arguments", () => {
  it("take bytes of every kind and place, and nothing else", () => {
    const others = runInNewContext("new Uint8Array(2)") as Uint8Array;
    for (const bytes of [new Uint8Array(2), Buffer.from("ab"), others]) checkBytes(bytes, "decode");
    expect(others instanceof Uint8Array).toBe(false);
    expect(() => checkBytes(new ArrayBuffer(2), "decode: the stream")).toThrow(
      new TypeError("decode: the stream: got an object of the class ArrayBuffer, expected a Uint8Array"),
    );
    expect(() => checkBytes("photo.hst", "decode")).toThrow("got a string");
    expect(() => checkBytes(undefined, "decode")).toThrow("got undefined");
    expect(() => checkBytes({ bytes: new Uint8Array(1) }, "decode")).toThrow(TypeError);
    expect(() => checkBytes(new Uint16Array(1), "decode")).toThrow("of the class Uint16Array");
    expect(() => checkBytes(Object.create(null), "decode")).toThrow("of the class none");
  });

  it("take objects for options", () => {
    checkOptions({}, "encode", ["quality"]);
    checkOptions({ quality: 20 }, "encode", ["estimate", "quality"]);
    expect(() => checkOptions({ qualty: 20 }, "encode: the options", ["estimate", "quality"])).toThrow(
      new TypeError('encode: the options: got an option "qualty", expected some of estimate, quality'),
    );
    expect(() => checkOptions(60, "encode: the options", [])).toThrow(
      new TypeError("encode: the options: got a number, expected an object"),
    );
    expect(() => checkOptions(null, "encode", [])).toThrow("got null");
  });

  it("take one of several words", () => {
    checkOneOf("cpu", ["cpu", "webgpu"], "device");
    expect(() => checkOneOf("gpu", ["cpu", "webgpu"], "device")).toThrow(
      new RangeError('device: got "gpu", expected one of "cpu", "webgpu"'),
    );
  });
});
