import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Code } from '../../src/csi/errors.ts';
import * as gen from './gen/csi_pb.ts';
import { Refusal } from './refusal.ts';
import type { CsiService } from './service.ts';
import type { Capability } from './settings.ts';

/** Methods of the driver, by the last part of their names. */
export type MethodName =
  | 'GetPluginInfo'
  | 'GetPluginCapabilities'
  | 'Probe'
  | 'CreateVolume'
  | 'DeleteVolume'
  | 'ControllerPublishVolume'
  | 'ControllerUnpublishVolume'
  | 'ValidateVolumeCapabilities'
  | 'ListVolumes'
  | 'ControllerGetCapabilities';

/** What the moment adds to a method's own state. */
interface Moment {
  nowMs: number;
  ready: boolean;
}

/** A call that has been read: what it is about, and its one step. */
export interface ReadCall {
  volumeId: string;
  nodeId: string;
  /** Does the work and encodes the answer. Throws Refusal. */
  run(service: CsiService, moment: Moment): Uint8Array;
}

export interface MethodInfo {
  name: MethodName;
  /** As it stands in the HTTP path. */
  path: string;
  /** The capability that the method belongs to, if it is not there for every controller. */
  needs: Capability | undefined;
  controller: boolean;
  /** Only one such call for a volume at a time. */
  exclusive: boolean;
  /** Throws Refusal if the bytes make no sense. */
  read(request: Uint8Array): ReadCall;
}

interface Definition<I extends DescMessage, O extends DescMessage> {
  input: I;
  output: O;
  needs?: Capability;
  exclusive?: boolean;
  about?: (request: MessageShape<I>) => { volumeId: string; nodeId?: string };
  run: (service: CsiService, request: MessageShape<I>, moment: Moment) => MessageInitShape<O>;
}

function define<I extends DescMessage, O extends DescMessage>(
  service: 'Identity' | 'Controller',
  name: MethodName,
  { input, output, needs, exclusive, about, run }: Definition<I, O>,
): MethodInfo {
  return {
    name,
    path: `/csi.v1.${service}/${name}`,
    needs,
    controller: service === 'Controller',
    exclusive: exclusive ?? false,
    read(bytes) {
      const request = parse(input, bytes);
      const { volumeId = '', nodeId = '' } = about?.(request) ?? {};
      const encode = (answer: MessageInitShape<O>) => toBinary(output, create(output, answer));
      return { volumeId, nodeId, run: (driver, moment) => encode(run(driver, request, moment)) };
    },
  };
}

function parse<I extends DescMessage>(schema: I, bytes: Uint8Array): MessageShape<I> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new Refusal(Code.Internal, `the request cannot be read: ${error}`);
  }
}

const list: MethodInfo[] = [
  define('Identity', 'GetPluginInfo', {
    input: gen.GetPluginInfoRequestSchema,
    output: gen.GetPluginInfoResponseSchema,
    run: (service) => service.getPluginInfo(),
  }),
  define('Identity', 'GetPluginCapabilities', {
    input: gen.GetPluginCapabilitiesRequestSchema,
    output: gen.GetPluginCapabilitiesResponseSchema,
    run: (service) => service.getPluginCapabilities(),
  }),
  define('Identity', 'Probe', {
    input: gen.ProbeRequestSchema,
    output: gen.ProbeResponseSchema,
    // Absent means ready, which most drivers leave it at.
    run: (_service, _request, { ready }) => (ready ? {} : { ready: false }),
  }),
  define('Controller', 'ControllerGetCapabilities', {
    input: gen.ControllerGetCapabilitiesRequestSchema,
    output: gen.ControllerGetCapabilitiesResponseSchema,
    run: (service) => service.controllerGetCapabilities(),
  }),
  define('Controller', 'ControllerPublishVolume', {
    input: gen.ControllerPublishVolumeRequestSchema,
    output: gen.ControllerPublishVolumeResponseSchema,
    needs: 'PUBLISH_UNPUBLISH_VOLUME',
    exclusive: true,
    about: (request) => request,
    run: (service, request) => service.publish(request),
  }),
  define('Controller', 'ControllerUnpublishVolume', {
    input: gen.ControllerUnpublishVolumeRequestSchema,
    output: gen.ControllerUnpublishVolumeResponseSchema,
    needs: 'PUBLISH_UNPUBLISH_VOLUME',
    exclusive: true,
    about: (request) => request,
    run: (service, request) => service.unpublish(request),
  }),
  define('Controller', 'ListVolumes', {
    input: gen.ListVolumesRequestSchema,
    output: gen.ListVolumesResponseSchema,
    needs: 'LIST_VOLUMES',
    run: (service, request, { nowMs }) => service.listVolumes(request, nowMs),
  }),
  define('Controller', 'CreateVolume', {
    input: gen.CreateVolumeRequestSchema,
    output: gen.CreateVolumeResponseSchema,
    needs: 'CREATE_DELETE_VOLUME',
    exclusive: true,
    about: ({ name }) => ({ volumeId: name }),
    run: (service, request) => service.createVolume(request),
  }),
  define('Controller', 'DeleteVolume', {
    input: gen.DeleteVolumeRequestSchema,
    output: gen.DeleteVolumeResponseSchema,
    needs: 'CREATE_DELETE_VOLUME',
    exclusive: true,
    about: (request) => request,
    run: (service, request) => service.deleteVolume(request),
  }),
  define('Controller', 'ValidateVolumeCapabilities', {
    input: gen.ValidateVolumeCapabilitiesRequestSchema,
    output: gen.ValidateVolumeCapabilitiesResponseSchema,
    about: (request) => request,
    run: (service, request) => service.validateVolumeCapabilities(request),
  }),
];

/** Every method, by its path. */
export const methods: ReadonlyMap<string, MethodInfo> = new Map(list.map((method) => [method.path, method]));
