import { test } from 'vitest';
import { check } from '../check.js';
import { checkDependencies } from '../check-dependencies.js';
import * as accessor from './accessor.js';
import * as dependencies from './dependencies.js';
import * as field from './field.js';

test.each(Object.entries({ accessor, field }))('standard decorators on %s members', (_, forms) => check(forms));

test.each(Object.entries(dependencies))('dependencies in a class %s', (_, Machine) => checkDependencies(Machine));
