import { test } from 'vitest';
import { check } from '../check.js';
import * as accessor from './accessor.js';
import * as declare from './declare.js';
import * as field from './field.js';

test.each(Object.entries({ accessor, declare, field }))('metadata decorators on %s members', (_, forms) =>
  check(forms),
);
