/**
 * What a stream gives, until a signal says stop: then it throws the signal's reason at once, though the stream may never
 * give anything more. The stream is told that nobody listens any more.
 */
export async function* untilAborted<T>(stream: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* stream;
    return;
  }
  const iterator = stream[Symbol.asyncIterator]();
  const aborted = abortOf(signal);
  try {
    for (;;) {
      const next = await Promise.race([aborted.promise, iterator.next()]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    aborted.forget();
    // Not awaited: a generator that waits for something answers only when that has come.
    iterator.return?.().catch(() => undefined);
  }
}

function abortOf(signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let onAbort = () => {};
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
  });
  promise.catch(() => undefined); // nobody may be waiting just then
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) };
}
