import { expect, test } from 'vitest';
import { check } from '../check.js';
import * as accessor from './accessor.js';
import * as declare from './declare.js';
import * as field from './field.js';

test.each(Object.entries({ accessor, declare, field }))('set decorators on %s members', (_, forms) => check(forms));

test('is compiled with assignment semantics', () => {
  class A {
    a?: number;
  }
  expect(Object.hasOwn(new A(), 'a')).toBe(false);
});
