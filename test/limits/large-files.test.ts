import { expect, test } from 'vitest';
import { codeOf } from '../support/a-refusal.js';
import { aStore } from '../support/a-store.js';

/** More than Node reads, writes or hashes at a time in the long form, where this is 2 GiB and a byte. */
const BYTES = Number(process.env.LIMIT_FILE_BYTES ?? 3_000_001);
/** The most characters of a text in V8. */
const LONGEST_TEXT = 2 ** 29 - 24;

test(`a file of ${BYTES} bytes is written from one array, received as one piece, read and checked`, {
  timeout: 600_000,
}, async () => {
  const { files } = aStore();
  const content = new Uint8Array(BYTES).fill(65);
  content[BYTES - 1] = 66;
  async function* whole() {
    yield content;
  }
  const written = files.write(content, { name: 'written' });
  const received = await files.receive(whole(), { name: 'received' });
  for (const file of [written, received]) {
    expect([file.size, file.verify()]).toEqual([BYTES, true]);
    const bytes = file.read();
    expect([bytes.length, bytes[0], bytes[BYTES - 2], bytes[BYTES - 1]]).toEqual([BYTES, 65, 65, 66]);
  }
  expect(received.sha256).toBe(written.sha256);
  if (BYTES > LONGEST_TEXT) expect(codeOf(() => written.text())).toBe('OUT_OF_RANGE');
  else expect(written.text()).toHaveLength(BYTES);
});
