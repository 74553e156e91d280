/** What the driver's controller can do, of that which changes what an attacher does. */
export interface ControllerCapabilities {
  publishUnpublish: boolean;
  publishReadonly: boolean;
  listVolumes: boolean;
  listVolumesPublishedNodes: boolean;
  singleNodeMultiWriter: boolean;
}

export interface DriverInfo {
  name: string;
  version: string;
  /** False for a driver without CONTROLLER_SERVICE; its controller capabilities are then all false. */
  controllerService: boolean;
  capabilities: ControllerCapabilities;
}

/** PluginCapability.Service.Type. */
const controllerServiceType = 1;

/** ControllerServiceCapability.RPC.Type. */
const rpcType = {
  publishUnpublish: 2,
  listVolumes: 3,
  publishReadonly: 8,
  listVolumesPublishedNodes: 10,
  singleNodeMultiWriter: 13,
} as const satisfies Record<keyof ControllerCapabilities, number>;

export function hasControllerService(pluginCapabilityTypes: ReadonlySet<number>): boolean {
  return pluginCapabilityTypes.has(controllerServiceType);
}

/** From the numbers that ControllerGetCapabilities lists; those unknown here are ignored. */
export function controllerCapabilities(types: ReadonlySet<number>): ControllerCapabilities {
  return {
    publishUnpublish: types.has(rpcType.publishUnpublish),
    publishReadonly: types.has(rpcType.publishReadonly),
    listVolumes: types.has(rpcType.listVolumes),
    listVolumesPublishedNodes: types.has(rpcType.listVolumesPublishedNodes),
    singleNodeMultiWriter: types.has(rpcType.singleNodeMultiWriter),
  };
}

/**
 * What is wrong with a driver's name, or undefined. The specification asks for at most 63 characters of letters,
 * digits, `-` and `.`, with a letter or digit at both ends; Kubernetes refuses other names in `spec.attacher` too.
 */
export function driverNameError(name: string): string | undefined {
  if (name === '') return 'the driver gave an empty name';
  if (/^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/i.test(name)) return undefined;
  return (
    `the driver's name ${JSON.stringify(name)} is not valid: at most 63 letters, digits, "-" and "." are allowed, ` +
    'with a letter or digit at both ends'
  );
}
