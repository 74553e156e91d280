/** Full names of the methods that an attacher calls, as they stand in the HTTP path and in the `method_name` label. */
export const Method = {
  Probe: '/csi.v1.Identity/Probe',
  GetPluginInfo: '/csi.v1.Identity/GetPluginInfo',
  GetPluginCapabilities: '/csi.v1.Identity/GetPluginCapabilities',
  ControllerGetCapabilities: '/csi.v1.Controller/ControllerGetCapabilities',
  ControllerPublishVolume: '/csi.v1.Controller/ControllerPublishVolume',
  ControllerUnpublishVolume: '/csi.v1.Controller/ControllerUnpublishVolume',
  ListVolumes: '/csi.v1.Controller/ListVolumes',
} as const;
export type Method = (typeof Method)[keyof typeof Method];
