import type { Cause } from '../errors.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { isSubdomain, type NameRule } from './names.ts';

/** What differs from one kind of object to the next when it is written. */
export interface Strategy {
  readonly nameRule: NameRule;
  /** Fills in what the server fills in. May change `object`, which nobody else has yet. */
  defaults(object: KubeObject): void;
  /** After the defaults of a new object: what only its first write gets (finalizers, phase). */
  prepareCreate(object: KubeObject, now: string): void;
  validate(object: KubeObject): Cause[];
  validateUpdate(object: KubeObject, old: KubeObject): Cause[];
  /** A PUT without resourceVersion overwrites whatever is there. */
  readonly unconditionalUpdate: boolean;
  /** A PUT creates what is not there. */
  readonly createOnUpdate: boolean;
  /** Delete answers with the object instead of a Status. */
  readonly returnsDeleted: boolean;
  /** The status that a new object comes with is left out: only `/status` writes it. */
  readonly dropsStatus: boolean;
  /** Finalizers must have a domain (checked for most of the older kinds). */
  readonly checksFinalizerOwners: boolean;
  /** Go's package of the internal type, which conversion errors name. */
  readonly internalPackage: string;
  /** Fields that a field selector may name, besides metadata.name and metadata.namespace. */
  readonly selectable: Readonly<Record<string, (object: JsonObject) => string>>;
}

/** The strategy of a kind about which nothing is special; each kind says where it differs. */
export function strategy(internalPackage: string, differences: Partial<Strategy> = {}): Strategy {
  return {
    nameRule: isSubdomain,
    defaults: () => {},
    prepareCreate: () => {},
    validate: () => [],
    validateUpdate: () => [],
    unconditionalUpdate: true,
    createOnUpdate: false,
    returnsDeleted: false,
    dropsStatus: true,
    checksFinalizerOwners: true,
    internalPackage,
    selectable: {},
    ...differences,
  };
}
