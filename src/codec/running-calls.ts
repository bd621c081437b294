/** The calls into something that can be closed: none begins after that, and closing waits for those that run. */
export class RunningCalls {
  readonly #what: string;
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  /** @param what opens the messages: "codec". */
  constructor(what: string) {
    this.#what = what;
  }

  /** @throws {TypeError} after {@link close} */
  check(): void {
    if (this.#closed) throw new TypeError(`${this.#what}: got a call after close(); load the ${this.#what} again`);
  }

  /** Makes a call. @throws {TypeError} after {@link close}; what the call throws */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    this.check();
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** What a generator gives, each step of it a call. */
  async *each<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
    const steps = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.run(() => steps.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await steps.return?.();
    }
  }

  /** Lets no call begin any more, and waits for those that run, whether they fail or not. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }
}
