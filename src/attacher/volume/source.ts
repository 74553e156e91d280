import type { CsiSource, PersistentVolume, VolumeAttachment, VolumeSpec } from '../../kube/api/objects.ts';
import type { ConsistentReader } from '../state/consistent-read.ts';
import { OperationError } from '../state/operation-error.ts';
import { volumeGone } from './errors.ts';
import { TranslationError, translate } from './migration/index.ts';

/** The volume that an attachment is about. */
export interface Volume {
  readonly spec: VolumeSpec;
  readonly csi: CsiSource;
  /** Absent for an inline volume. */
  readonly pv: PersistentVolume | undefined;
  /** It is described by an in-tree source that was translated. An inline volume was translated before us. */
  readonly migrated: boolean;
}

/** Finds the volume of an attachment, and says what is wrong where there is none. */
export class VolumeSources {
  readonly #driver: string;
  readonly #volumes: ConsistentReader<PersistentVolume>;

  constructor(options: { driver: string; volumes: ConsistentReader<PersistentVolume> }) {
    this.#driver = options.driver;
    this.#volumes = options.volumes;
  }

  /** Rejects with OperationError if the source is bad or the volume is not there, KubeError if that can't be told. */
  async find(attachment: VolumeAttachment): Promise<Volume> {
    const { persistentVolumeName, inlineVolumeSpec } = attachment;
    if (persistentVolumeName !== undefined && inlineVolumeSpec !== undefined) {
      throw invalid('both persistentVolumeName and inlineVolumeSpec are set; exactly one of them is allowed');
    }
    if (persistentVolumeName !== undefined) return this.#fromPersistentVolume(persistentVolumeName);
    if (inlineVolumeSpec !== undefined) return this.#fromInline(attachment.name, inlineVolumeSpec);
    throw invalid('neither persistentVolumeName nor inlineVolumeSpec is set; exactly one of them is needed');
  }

  /** The volume as far as the store knows it, or undefined: for looks that must not ask the server. */
  peek(attachment: VolumeAttachment): Volume | undefined {
    const { persistentVolumeName, inlineVolumeSpec } = attachment;
    try {
      if (inlineVolumeSpec !== undefined) return this.#fromInline(attachment.name, inlineVolumeSpec);
      const pv = persistentVolumeName === undefined ? undefined : this.#volumes.store.get(persistentVolumeName);
      return pv === undefined ? undefined : this.#ofPersistentVolume(pv);
    } catch (error) {
      if (error instanceof OperationError) return undefined;
      throw error;
    }
  }

  async #fromPersistentVolume(name: string): Promise<Volume> {
    if (name === '') throw invalid('persistentVolumeName is empty');
    // The store drops foreign volumes and may lag behind: only the server can say that there is none.
    const pv = (await this.#volumes.read(name)) ?? (await this.#volumes.ask(name));
    if (pv === undefined) throw volumeGone(name);
    return this.#ofPersistentVolume(pv);
  }

  #ofPersistentVolume(pv: PersistentVolume): Volume {
    const migrated = pv.spec.csi === undefined;
    return { ...this.#checked(`PersistentVolume "${pv.name}"`, translate(pv)), pv, migrated };
  }

  #fromInline(attachment: string, spec: VolumeSpec): Volume {
    const translated = translate({ name: attachment, labels: {}, annotations: {}, spec });
    return { ...this.#checked('inlineVolumeSpec', translated), pv: undefined, migrated: false };
  }

  #checked(what: string, spec: VolumeSpec | TranslationError): { spec: VolumeSpec; csi: CsiSource } {
    if (spec instanceof TranslationError) throw invalid(spec.message);
    const { csi } = spec;
    if (csi === undefined) throw invalid(`${what} has no CSI source`);
    if (csi.driver !== this.#driver) {
      throw invalid(`${what} belongs to driver "${csi.driver}", but the attachment names attacher "${this.#driver}"`);
    }
    if (csi.volumeHandle === '') throw invalid(`${what} has an empty volumeHandle`);
    return { spec, csi };
  }
}

function invalid(message: string): OperationError {
  return new OperationError('InvalidSource', message);
}
