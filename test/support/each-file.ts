// Vitest runs this file again before each test file; what it imports, once in a process.
import './same-items.js';
