/**
 * Loaded before the command line (`node --import`): sends this process the signal HALFSTEP_TEST_SIGNAL just before it opens its session
 * number HALFSTEP_TEST_SESSION, and traces every session on standard error. So a signal comes while a session opens, which keeps a process
 * from hearing it, at a moment that is the same on every machine.
 */
import process from "node:process";
import { InferenceSession } from "onnxruntime-node";

const { HALFSTEP_TEST_SIGNAL: signal, HALFSTEP_TEST_SESSION: session } = process.env;
const create = InferenceSession.create;
let opened = 0;
InferenceSession.create = (...given) => {
  opened++;
  process.stderr.write(`opening session ${opened}\n`);
  if (signal !== undefined && opened === Number(session)) process.kill(process.pid, signal);
  return create.apply(InferenceSession, given);
};
