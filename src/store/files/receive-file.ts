import { CorollaryError } from '../../errors.js';
import type { StoreCore } from '../store-core.js';
import { runningTransaction } from '../transaction.js';
import { checkedSlices, Digester } from './content.js';
import type { Digest, Upload } from './file-area.js';
import { newFileId } from './file-id.js';
import { assertNameFree, keepFile } from './keep-file.js';
import type { StoredFile } from './stored-file.js';
import { untilAborted } from './until-aborted.js';

/** A file that comes over a while. */
export interface Incoming {
  readonly stream: AsyncIterable<unknown>;
  readonly name: string | null;
  readonly signal: AbortSignal | undefined;
}

/** Takes in a stream, without a lock, and makes a file of it when all of it has come. */
export async function receiveFile(core: StoreCore, { stream, name, signal }: Incoming): Promise<StoredFile> {
  core.assertWritable();
  assertNoTransaction(core);
  signal?.throwIfAborted();
  assertNameFree(core, name);
  const id = newFileId();
  const { files } = core.file;
  const upload = await files.upload(id);
  try {
    const digest = await receiveAll(untilAborted(stream, signal), upload);
    signal?.throwIfAborted();
    const bring = () => {
      files.adopt(id);
      return digest;
    };
    return keepFile(core, { id, name, bring });
  } finally {
    await upload.discard();
  }
}

function assertNoTransaction({ file: { place } }: StoreCore): void {
  if (runningTransaction() === undefined) return;
  throw new CorollaryError(
    'NOT_SUPPORTED',
    `${place} cannot receive a file inside a transaction, which is over before the stream is: receive it first`,
    { store: place },
  );
}

async function receiveAll(stream: AsyncIterable<unknown>, upload: Upload): Promise<Digest> {
  const digester = new Digester();
  for await (const given of stream)
    for (const piece of checkedSlices(given)) {
      digester.add(piece);
      await upload.add(piece);
    }
  await upload.finish();
  return digester.digest();
}
