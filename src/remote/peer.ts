/**
 * Calls between two threads that share no memory: each side asks the other by name, and gets an answer or the error that the other side threw. Knows
 * neither the workers of browsers nor those of Node: the code that connects two peers posts the messages and hands over those that arrive.
 */
import { type ErrorRecord, errorOf, recordOf } from "./error-record.ts";

/** What one side answers: by the name of the call, what it takes and what it gives. */
export type CallTable = Record<string, { readonly takes: unknown; readonly gives: unknown }>;

/** An answer. */
export interface Answer<Gives> {
  readonly gives: Gives;
  /** Memory among it that moves to the other side and is lost to this one. */
  readonly transfer?: readonly ArrayBuffer[];
}

/** How one side answers the calls of the other. */
export type Answers<Calls extends CallTable> = {
  readonly [Name in keyof Calls]: (takes: Calls[Name]["takes"]) => Promise<Answer<Calls[Name]["gives"]>>;
};

/** What is posted. */
type Message =
  | { readonly kind: "call"; readonly id: number; readonly name: string; readonly takes: unknown }
  | { readonly kind: "answer"; readonly id: number; readonly gives: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorRecord };

/** Sends a message to the other side, with the memory that moves there. */
export type Post = (message: unknown, transfer: readonly ArrayBuffer[]) => void;

interface Waiting {
  resolve(gives: unknown): void;
  reject(error: Error): void;
}

/** One side. */
export class Peer<Theirs extends CallTable, Ours extends CallTable> {
  readonly #post: Post;
  readonly #answers: Answers<Ours>;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: Error | null = null;

  constructor(post: Post, answers: Answers<Ours>) {
    this.#post = post;
    this.#answers = answers;
  }

  /** Whether {@link end} was called. */
  get isEnded(): boolean {
    return this.#ended !== null;
  }

  /** Asks the other side. @throws what it throws, and what {@link end} was given */
  ask<Name extends keyof Theirs & string>(
    name: Name,
    takes: Theirs[Name]["takes"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Theirs[Name]["gives"]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) throw this.#ended;
      const id = this.#calls++;
      this.#post({ kind: "call", id, name, takes } satisfies Message, transfer);
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Takes a message that the other side posted. */
  receive(posted: unknown): void {
    const message = posted as Message;
    if (message.kind === "call") {
      void this.#answer(message.id, message.name, message.takes);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "answer") waiting?.resolve(message.gives);
    else waiting?.reject(errorOf(message.error));
  }

  /** Fails the calls that wait for an answer, and all later ones, with an error. */
  end(error: Error): void {
    this.#ended ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
  }

  async #answer(id: number, name: string, takes: unknown): Promise<void> {
    try {
      const answer = this.#answers[name as keyof Ours];
      if (answer === undefined) throw new Error(`internal: got the call "${name}", which nobody answers here`);
      const { gives, transfer = [] } = await answer(takes);
      this.#post({ kind: "answer", id, gives } satisfies Message, transfer);
    } catch (error) {
      this.#post({ kind: "error", id, error: recordOf(error) } satisfies Message, []);
    }
  }
}

/** The same elements in memory of their own, which may move to another thread; not copied where they are that already. */
export function movable(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
  // Of a Buffer, slice would be a view.
  return isWhole ? (data as Uint8Array<ArrayBuffer>) : new Uint8Array(data);
}
