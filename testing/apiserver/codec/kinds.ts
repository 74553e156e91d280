/** Which message and which wire prefix belongs to an apiVersion and kind. */
import { type Message, messageNamed } from '../schema/message.ts';
import { olderResources } from '../schema/older-resources.ts';
import { apiVersionOf, servedResources } from '../schema/resources.ts';
import { type Decoder, decoderOf } from './decode.ts';
import { type Encoder, encoderOf } from './encode.ts';

export interface KindCodec {
  readonly apiVersion: string;
  readonly kind: string;
  readonly message: Message;
  readonly encode: Encoder;
  readonly decode: Decoder;
}

const kinds = new Map<string, Map<string, KindCodec>>();

function register(apiVersion: string, kind: string, message: Message): void {
  const ofVersion = kinds.get(apiVersion) ?? new Map<string, KindCodec>();
  kinds.set(apiVersion, ofVersion);
  ofVersion.set(kind, { apiVersion, kind, message, encode: encoderOf(message), decode: decoderOf(message) });
}

/** A list is no message of the schema: all are made alike. */
function listOf(item: Message): Message {
  const common = {
    inline: false,
    omitZero: false,
    optional: true,
    pointer: false,
    strategy: undefined,
    mergeKey: undefined,
  };
  return {
    name: `${item.name}List`,
    fields: [
      { ...common, number: 1, name: 'metadata', omitEmpty: true, shape: 'one', type: messageNamed('meta.ListMeta') },
      { ...common, number: 2, name: 'items', omitEmpty: false, shape: 'list', type: item },
    ],
  };
}

const deleteOptions = messageNamed('meta.DeleteOptions');
for (const resource of [...servedResources, ...olderResources]) {
  if (resource.isCustom) continue;
  const apiVersion = apiVersionOf(resource);
  const message = messageNamed(resource.message);
  register(apiVersion, resource.kind, message);
  if (resource.verbs.includes('list')) register(apiVersion, `${resource.kind}List`, listOf(message));
  // Clients send the options of a delete under the version of the resource's group.
  register(apiVersion, 'DeleteOptions', deleteOptions);
}
register('v1', 'Status', messageNamed('meta.Status'));
register('meta.k8s.io/v1', 'Status', messageNamed('meta.Status'));
register('meta.k8s.io/v1', 'DeleteOptions', deleteOptions);
register('meta.k8s.io/v1', 'PartialObjectMetadata', messageNamed('meta.PartialObjectMetadata'));
register('meta.k8s.io/v1', 'PartialObjectMetadataList', listOf(messageNamed('meta.PartialObjectMetadata')));

/** undefined if the kind has no protobuf form here. */
export function kindCodec(apiVersion: string, kind: string): KindCodec | undefined {
  return kinds.get(apiVersion)?.get(kind);
}
