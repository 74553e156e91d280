/** What a column of a Table is made of, and the cells that many columns share. */
import { child, type JsonObject, text } from '../../apiserver/object.ts';
import { humanDuration } from './human-duration.ts';

type Cell = string | number | boolean;

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly format: '' | 'name';
  readonly description: string;
  /** 0 is always shown, 1 only in a wide table. */
  readonly priority: 0 | 1;
  /** `nowMs` is the time that ages are counted to. */
  readonly cell: (object: JsonObject, nowMs: number) => Cell;
}

export function column(
  name: string,
  description: string,
  cell: Column['cell'],
  more: Partial<Pick<Column, 'type' | 'format' | 'priority'>> = {},
): Column {
  return { name, type: 'string', format: '', description, priority: 0, ...more, cell };
}

/** The same, for the wide table only. */
export function wideColumn(
  name: string,
  description: string,
  cell: Column['cell'],
  more: Partial<Pick<Column, 'type' | 'format'>> = {},
): Column {
  return column(name, description, cell, { ...more, priority: 1 });
}

export const nameColumn = column('Name', 'Name of the object.', nameOf, { format: 'name' });
export const ageColumn = column('Age', 'Time since the object was created.', (object, nowMs) =>
  since(child(object, 'metadata').creationTimestamp, nowMs),
);

export function nameOf(object: JsonObject): string {
  return text(child(object, 'metadata'), 'name');
}

export function spec(object: JsonObject): JsonObject {
  return child(object, 'spec');
}

export function status(object: JsonObject): JsonObject {
  return child(object, 'status');
}

/** The objects in a list. */
export function items(value: unknown): JsonObject[] {
  return Array.isArray(value) ? (value as JsonObject[]) : [];
}

/** The age of a time in RFC 3339. */
export function since(timestamp: unknown, nowMs: number): string {
  return typeof timestamp === 'string' ? humanDuration(nowMs - Date.parse(timestamp)) : '<unknown>';
}

/** The phase, unless the object is on its way out. */
export function phaseOf(object: JsonObject): string {
  return isTerminating(object) ? 'Terminating' : text(status(object), 'phase');
}

export function isTerminating(object: JsonObject): boolean {
  return typeof child(object, 'metadata').deletionTimestamp === 'string';
}

/** `text`, or what is shown instead of nothing. */
export function orElse(value: unknown, instead: string): string {
  return typeof value === 'string' && value !== '' ? value : instead;
}
