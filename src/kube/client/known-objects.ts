import type { ObjectMeta } from '../api/objects.ts';
import { ProtoReader } from '../codec/proto-reader.ts';
import type { Resource } from '../codec/resources.ts';

/** As many as may come in between: every request that may be under way, twice. */
const slots = 512;

/**
 * Reads each version of an object once, though it comes twice: in the answer to our own write, and in the watch. The
 * second time costs a look at its name tag, and gives the same object. A table of fixed size where a newcomer takes the
 * place of what was there. Not for Secrets: what is in the table stays.
 *
 * Only objects that are not marked for deletion are kept. The write that lets one go is answered with the version from
 * before it and without the finalizer, and the watch tells its last state with the finalizer: one version, three contents.
 */
export class KnownObjects<T extends ObjectMeta> {
  readonly #decode: (bytes: Uint8Array) => T;
  readonly #table = new Array<T | undefined>(slots).fill(undefined);

  constructor(decode: (bytes: Uint8Array) => T) {
    this.#decode = decode;
  }

  /** `bytes` is an object in protobuf. Throws DecodeError. */
  read(bytes: Uint8Array): T {
    const reader = new ProtoReader(bytes);
    // Every kind begins with its metadata; in that, uid is field 5 and resourceVersion field 6.
    if (reader.length === 0 || reader.tag() !== 0x0a) return this.#decode(bytes);
    const end = reader.enter();
    let uid = '';
    while (reader.pos < end) {
      const tag = reader.tag();
      if (tag === 0x2a) uid = reader.string();
      else if (tag === 0x32) return this.#find(uid, reader.string(), bytes);
      else reader.skip(tag);
    }
    return this.#decode(bytes);
  }

  #find(uid: string, resourceVersion: string, bytes: Uint8Array): T {
    // Versions follow each other, so that neighbours do not meet.
    const slot = Number(resourceVersion.slice(-9)) % slots;
    // What is no number has no slot.
    if (resourceVersion === '' || !Number.isInteger(slot) || slot < 0) return this.#decode(bytes);
    const known = this.#table[slot];
    if (known !== undefined && known.uid === uid && known.resourceVersion === resourceVersion) return known;
    const object = this.#decode(bytes);
    if (object.deletionMs === undefined) this.#table[slot] = object;
    return object;
  }
}

/** The resources of one client as they are to be read where each version comes twice. */
export class KnownResources {
  readonly #resources = new Map<Resource<ObjectMeta>, Resource<ObjectMeta>>();

  forget(): void {
    this.#resources.clear();
  }

  of<T extends ObjectMeta>(resource: Resource<T>): Resource<T> {
    const { decodeProto, comesTwice } = resource;
    if (decodeProto === undefined || comesTwice !== true) return resource;
    // What was put in under a resource is that resource, read in another way.
    const known = this.#resources.get(resource) as Resource<T> | undefined;
    if (known !== undefined) return known;
    const objects = new KnownObjects(decodeProto);
    const made: Resource<T> = { ...resource, decodeProto: (bytes) => objects.read(bytes) };
    this.#resources.set(resource, made);
    return made;
  }
}
