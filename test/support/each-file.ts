// Vitest runs this file again before each test file; what it imports, once in a process.
import { afterAll } from 'vitest';
import './same-items.js';
import { keepTally } from './tally.js';

afterAll(keepTally);
