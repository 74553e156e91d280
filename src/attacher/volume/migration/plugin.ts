import type { CsiSource, InTreeSource, PersistentVolume } from '../../../kube/api/objects.ts';

/** What translation reads of a volume: a PersistentVolume, or an attachment's inline spec with no labels around it. */
export type MigratingVolume = Pick<PersistentVolume, 'name' | 'labels' | 'annotations' | 'spec' | 'claimRef'>;

/** An in-tree volume has no CSI form, or a handle cannot be completed. It is returned, never thrown. */
export class TranslationError extends Error {
  override readonly name = 'TranslationError';
}

export type Fields = InTreeSource['fields'];

/** How the volumes of one in-tree plugin look to the CSI driver that took over from it. */
export interface MigrationPlugin {
  /** Name of that CSI driver. */
  readonly driver: string;
  /** Fields of the in-tree source that must be there and not be empty; checked before `source` is called. */
  readonly required: readonly string[];
  /** The CSI source; what is left out is empty. An error's message names the field, its value and what is allowed. */
  source(fields: Fields, volume: MigratingVolume): (Partial<CsiSource> & { volumeHandle: string }) | TranslationError;
  /** Access modes that the driver accepts, where the in-tree plugin was laxer. Absent: they stay as they are. */
  accessModes?(modes: readonly string[]): readonly string[];
  /** Fills in what the translation could not know, from the id of a node. Absent: handles are whole as they are. */
  repairHandle?(handle: string, nodeId: string): string | TranslationError;
}

/** A field's text; empty if the field is absent. */
export function textField(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

/** A field's number; 0 if the field is absent, as in the API. */
export function numberField(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}

/** A field's truth; false if the field is absent. */
export function booleanField(fields: Fields, name: string): boolean {
  return fields[name] === true;
}
