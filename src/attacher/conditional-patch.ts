import type { ObjectMeta } from '../kube/api/objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { isConflict, isInvalid, isNotFound } from '../kube/client/errors.ts';
import type { Resource } from '../kube/codec/resources.ts';
import { assertLeading, type Term, whileLeading } from './leadership.ts';
import { OperationError } from './state/operation-error.ts';

/** How often a write is decided anew after a conflict before it counts as failed. */
const conflictTriesMax = 5;

/** The object that a write was decided for is not there any more, or another one has its name. */
export class ObjectGone extends Error {
  constructor(kind: string, name: string, uid: string) {
    super(`${kind} ${name} with uid ${uid} is gone`);
    this.name = 'ObjectGone';
  }
}

/** What to merge into an object, and how to tell whether the server has kept it. */
export interface Change<T> {
  readonly body: { readonly metadata?: object; readonly status?: object };
  /** The field of the server's answer that is not as it was written, and what is wrong with it; undefined if all is. */
  lost(answer: T): string | undefined;
}

export interface ConditionalPatch<T extends ObjectMeta> {
  client: KubeClient;
  term: Term;
  resource: Resource<T>;
  subresource?: 'status' | undefined;
  /** The newest version known. Throws ObjectGone. */
  newest(): T;
  /** What to write to that version; undefined if all is well. */
  change(object: T): Change<T> | undefined;
  /** Told of the object as the server has stored it. */
  written(object: T): void;
  /** Told of the object as the server has it; `asked` was the newest when it was asked. */
  read(object: T, asked: T): void;
}

/**
 * Writes a change under the UID and the version that it was decided for; decided anew on a conflict. So no write hits an
 * object created anew under the name, loses somebody else's finalizer, or undoes what was decided later. Rejects with
 * ObjectGone, NotLeading, KubeError, or OperationError if the server accepted the write and did not keep it.
 */
export async function conditionalPatch<T extends ObjectMeta>(options: ConditionalPatch<T>): Promise<void> {
  const { client, term, resource, subresource } = options;
  for (let tries = 1; ; tries++) {
    const object = options.newest();
    const change = options.change(object);
    if (change === undefined) return;
    assertLeading(term);
    const { name, uid, resourceVersion } = object;
    const body = { ...change.body, metadata: { uid, resourceVersion, ...change.body.metadata } };
    let answer: T;
    try {
      answer = await client.patch(resource, name, body, { subresource, ...whileLeading(term) });
    } catch (error) {
      if (isNotFound(error)) throw new ObjectGone(resource.kind, name, uid);
      const decideAgain = isConflict(error) || (isInvalid(error) && subresource === undefined);
      if (!decideAgain || tries === conflictTriesMax) throw error;
      const latest = await client.find(resource, name);
      if (latest?.uid !== uid) throw new ObjectGone(resource.kind, name, uid);
      options.read(latest, object);
      // The same version again means that the write itself is what the server will not have, now or ever.
      if (options.newest().resourceVersion === resourceVersion) throw error;
      continue;
    }
    options.written(answer);
    const lost = change.lost(answer);
    if (lost !== undefined) throw notKept(resource.kind, name, lost);
    return;
  }
}

/** The answer to a write is the object as stored, after admission: what is not in it will not be there later. */
function notKept(kind: string, name: string, lost: string): OperationError {
  return new OperationError(
    'WriteNotKept',
    `the API server accepted a write to ${kind} "${name}" and did not keep it: ${lost}; a mutating admission webhook or policy may have changed it`,
  );
}

/** For `Change.lost`: whether our finalizer is missing from the answer, or still there. */
export function finalizerLost(finalizers: readonly string[], finalizer: string, wanted: boolean): string | undefined {
  if (finalizers.includes(finalizer) === wanted) return undefined;
  return `metadata.finalizers ${wanted ? 'lacks' : 'still has'} "${finalizer}"`;
}
