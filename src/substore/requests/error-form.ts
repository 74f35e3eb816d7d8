import { CorollaryError, ERROR_CODES, type ErrorCode, type ErrorDetails, kindOf } from '../../errors.js';
import { LIMITS } from './call.js';
import { fromJsonForm, type Json, jsonForm } from './json-form.js';
import { plainCopy } from './plain-copy.js';
import type { ReplyError } from './request-types.js';
import { Survey } from './survey.js';

/** The fields of an error that are plain data. */
const DETAILS = ['store', 'type', 'attribute', 'storeId', 'path', 'problems', 'retry', 'committed'] as const;

/** What travels of what was thrown, whatever that is: getters may throw. */
export function errorForm(error: unknown): ReplyError {
  try {
    return formOf(error);
  } catch {
    return { name: 'Error', message: 'What was thrown cannot be read' };
  }
}

function formOf(error: unknown): ReplyError {
  if (!(error instanceof Error)) return { name: 'Error', message: textOr(error, thrown(error)) };
  const form = { name: textOr(error.name, 'Error'), message: textOr(error.message, '') };
  if (!(error instanceof CorollaryError)) return form;
  const known = DETAILS.filter((field) => error[field] !== undefined && isPlain(error[field]));
  const details = Object.fromEntries(known.map((field) => [field, jsonForm(error[field])]));
  return { ...form, code: error.code, details };
}

// What is not stays where it was: whoever asked would refuse the whole error for it.
function isPlain(value: unknown): boolean {
  try {
    plainCopy(value, new Survey('An error', LIMITS), (item) => item);
    return true;
  } catch {
    return false;
  }
}

function thrown(value: unknown): string {
  return `What was thrown is no error but ${kindOf(value)}`;
}

// Who throws may have made anything of it. Half a surrogate pair does not travel.
function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd') : otherwise;
}

/** The error of which {@link errorForm} made this: a CorollaryError where it has a code that is known. */
export function errorOf({ name, message, code, details }: ReplyError): Error {
  if (isCode(code)) return new CorollaryError(code, textOr(message, ''), detailsOf(details));
  return new ErrorElsewhere(textOr(name, 'Error'), textOr(message, ''));
}

/** What was thrown elsewhere, by code that is not the library's. */
class ErrorElsewhere extends Error {
  override readonly name: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

function isCode(code: unknown): code is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(code);
}

function detailsOf(details: ReplyError['details']): ErrorDetails {
  const known = DETAILS.filter((field) => details !== undefined && Object.hasOwn(details, field));
  return Object.fromEntries(known.map((field) => [field, plain((details as Record<string, Json>)[field])]));
}

function plain(form: Json | undefined): unknown {
  return fromJsonForm(form, new Survey('The reply', LIMITS), (address) => address);
}
