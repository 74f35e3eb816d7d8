// Vitest runs this file again before each test file; what it imports, once in a process.
import { afterAll } from 'vitest';
import { endOriginals } from './a-copied-process.js';
import { endKept } from './a-process.js';
import './same-items.js';
import { keepTally } from './tally.js';

afterAll(keepTally);
afterAll(endOriginals);
afterAll(endKept);
