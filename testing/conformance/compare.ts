/**
 * Holds what the embedded server answered against what was recorded. What changes from run to run is compared by
 * meaning: uids and versions must correspond one to one and in order over the whole replay, times must be times, continue
 * tokens must say the same.
 */
import assert from 'node:assert/strict';
import { isObject, type JsonObject } from '../apiserver/object.ts';

const timeFields = ['creationTimestamp', 'deletionTimestamp', 'lastPhaseTransitionTime'];
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const anyUid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;
/** Sent by a client, so it stands for itself. */
const clientUid = '00000000-0000-0000-0000-000000000000';

export class Correspondence {
  readonly #uids = new Map<string, string>();
  /** From the recorded to the embedded server's versions; never goes down where the recorded go up. */
  readonly #revisions = new Map<number, number>();

  /** What a client has to send instead of what the recorded one sent. */
  toEmbedded(text: string): string {
    return text
      .replace(anyUid, (uid) => this.#uids.get(uid) ?? uid)
      .replace(/(resourceVersion(?:=|":"))(\d+)/g, (_match, name: string, digits: string) => name + this.#known(digits))
      .replace(/(continue=)([\w-]+)/g, (_match, name: string, token: string) => name + this.#token(token));
  }

  /**
   * Lets the versions of two lists, or of two bookmarks in a watch, correspond, although that of the recorded one stands for
   * an earlier one by now.
   */
  meetLater(recorded: unknown, actual: unknown): void {
    if (Array.isArray(recorded) && Array.isArray(actual)) {
      for (const [index, event] of recorded.entries()) {
        if (event?.type === 'BOOKMARK') this.#meet(event.object, actual[index]?.object);
      }
    } else if (isObject(recorded) && Array.isArray(recorded.items)) this.#meet(recorded, actual);
  }

  #meet(recorded: unknown, actual: unknown): void {
    if (!isObject(recorded) || !isObject(actual)) return;
    const [before, now] = [recorded, actual].map((each) => Number((each.metadata as JsonObject).resourceVersion));
    const known = this.#revisions.get(before ?? 0);
    if (known !== undefined && (now ?? 0) > known) this.#revisions.set(before ?? 0, now ?? 0);
  }

  /** Throws AssertionError at the first difference, with its path. */
  check(recorded: unknown, actual: unknown, path = ''): void {
    if (isObject(recorded) && isObject(actual)) {
      const keys = new Set([...Object.keys(recorded), ...Object.keys(actual)]);
      for (const key of keys) this.#checkField(key, recorded[key], actual[key], `${path}.${key}`);
    } else if (Array.isArray(recorded) && Array.isArray(actual)) {
      assert.equal(actual.length, recorded.length, `length of ${path}: ${JSON.stringify(actual)}`);
      for (const [index, item] of recorded.entries()) this.check(item, actual[index], `${path}[${index}]`);
    } else if (typeof recorded === 'string' && typeof actual === 'string') {
      assert.equal(neutralTimes(actual), neutralTimes(this.#translate(recorded)), path);
    } else {
      assert.deepEqual(actual, recorded, path);
    }
  }

  #checkField(key: string, recorded: unknown, actual: unknown, path: string): void {
    if (typeof recorded !== 'string' || typeof actual !== 'string') {
      this.check(recorded, actual, path);
      return;
    }
    if (key === 'uid' && recorded !== clientUid) this.#pairUids(recorded, actual, path);
    else if (key === 'resourceVersion') this.#pairRevisions(Number(recorded), Number(actual), path);
    else if (key === 'continue') this.#checkTokens(recorded, actual, path);
    else if (timeFields.includes(key)) {
      assert.match(recorded, timestamp, path);
      assert.match(actual, timestamp, path);
    } else this.check(recorded, actual, path);
  }

  #pairUids(recorded: string, actual: string, path: string): void {
    const known = this.#uids.get(recorded);
    if (known === undefined) {
      assert.match(actual, anyUid, path);
      assert.ok(![...this.#uids.values()].includes(actual), `${path}: ${actual} is another object's uid`);
      this.#uids.set(recorded, actual);
    } else assert.equal(actual, known, path);
  }

  #pairRevisions(recorded: number, actual: number, path: string): void {
    const known = this.#revisions.get(recorded);
    if (known !== undefined) {
      assert.equal(actual, known, `${path} (recorded: ${recorded})`);
      return;
    }
    for (const [otherRecorded, other] of this.#revisions) {
      const inOrder = otherRecorded < recorded ? other <= actual : other >= actual;
      assert.ok(inOrder, `${path}: ${actual} for ${recorded}, but ${other} for ${otherRecorded}`);
    }
    this.#revisions.set(recorded, actual);
  }

  #checkTokens(recorded: string, actual: string, path: string): void {
    const [left, right] = [readToken(recorded), readToken(actual)];
    if (left.rv !== -1 && right.rv !== -1) this.#pairRevisions(Number(left.rv), Number(right.rv), path);
    assert.deepEqual({ ...right, rv: left.rv === -1 ? right.rv : 0 }, { ...left, rv: left.rv === -1 ? -1 : 0 }, path);
  }

  #translate(text: string): string {
    return text
      .replace(anyUid, (uid) => this.#uids.get(uid) ?? uid)
      .replace(/(resourceVersion\\*":\\*")(\d+)/g, (_match, name: string, digits: string) => name + this.#known(digits))
      .replace(
        /(too old resource version: )(\d+) \((\d+)\)/,
        (_match, words: string, asked: string, oldest: string) => {
          return `${words}${this.#known(asked)} (${this.#notAfter(Number(oldest))})`;
        },
      );
  }

  #known(digits: string): string {
    return String(this.#revisions.get(Number(digits)) ?? digits);
  }

  /** What corresponds to a version that no object has: the last one before it that is known. */
  #notAfter(recorded: number): number {
    const before = [...this.#revisions].filter(([revision]) => revision <= recorded);
    return Math.max(...before.map(([, actual]) => actual));
  }

  #token(token: string): string {
    try {
      const { rv, ...rest } = readToken(token);
      const translated = rv === -1 ? -1 : Number(this.#known(String(rv)));
      return Buffer.from(JSON.stringify({ v: rest.v, rv: translated, start: rest.start })).toString('base64url');
    } catch {
      return token;
    }
  }
}

function readToken(token: string): JsonObject {
  return JSON.parse(Buffer.from(token, 'base64url').toString()) as JsonObject;
}

/** Times inside a text, except those that the recorded client sent (all of January 2nd). */
function neutralTimes(text: string): string {
  return text.replace(/\b\d{4}-(?!01-02)\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>');
}
