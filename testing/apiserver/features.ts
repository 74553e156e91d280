/** What the server can do. Old servers lack some of it, and a client has to live with that. */
export interface ServerFeatures {
  /** The x of Kubernetes 1.x, as `/version` shows it; what the server can do is said by the others. */
  readonly minor: number;
  /** Bookmarks in watches that ask for them. */
  readonly bookmarks: boolean;
  /** sendInitialEvents. */
  readonly watchLists: boolean;
  /** resourceVersionMatch; without it, the parameter is ignored like any unknown one. */
  readonly resourceVersionMatch: boolean;
  /** The field errorCode of a VolumeError; without it, the field is dropped like any unknown one. */
  readonly errorCode: boolean;
  /** Protobuf, asked for or sent. */
  readonly protobuf: boolean;
  /** coordination.k8s.io/v1. */
  readonly leaseV1: boolean;
  /** coordination.k8s.io/v1beta1. */
  readonly leaseV1Beta1: boolean;
  /** csinodes in storage.k8s.io/v1. */
  readonly csiNodeV1: boolean;
  /** csinodes in storage.k8s.io/v1beta1. */
  readonly csiNodeV1Beta1: boolean;
  /** csinodeinfos in csi.storage.k8s.io/v1alpha1: a custom resource, so in JSON only. */
  readonly csiNodeInfo: boolean;
  /** events.k8s.io/v1. */
  readonly eventsV1: boolean;
  /**
   * An attachment must have exactly one source. Without it the server is one that knows sources of which its clients
   * have never heard, and stores attachments that are to them without a source, or with too many.
   */
  readonly attachmentSources: boolean;
}

/** What Kubernetes 1.`minor` can do unless it is configured otherwise; with the alpha CSINodeInfo where there was one. */
export function featuresOf(minor: number): ServerFeatures {
  return {
    minor,
    bookmarks: minor >= 16,
    watchLists: minor >= 34,
    resourceVersionMatch: minor >= 19,
    errorCode: minor >= 36,
    protobuf: true,
    leaseV1: minor >= 14,
    leaseV1Beta1: minor >= 12 && minor < 22,
    csiNodeV1: minor >= 17,
    csiNodeV1Beta1: minor >= 14 && minor < 22,
    csiNodeInfo: minor >= 12 && minor < 14,
    eventsV1: minor >= 19,
    attachmentSources: true,
  };
}

export const allFeatures: ServerFeatures = featuresOf(36);

/** Where nodes tell their drivers' ids on such a server: in the newest version that it has. */
export function nodesOn(features: ServerFeatures): { path: string; apiVersion: string; kind: string } {
  const { csiNodeV1, csiNodeV1Beta1, csiNodeInfo } = features;
  if (csiNodeInfo && !csiNodeV1 && !csiNodeV1Beta1) {
    const apiVersion = 'csi.storage.k8s.io/v1alpha1';
    return { path: `/apis/${apiVersion}/csinodeinfos`, apiVersion, kind: 'CSINodeInfo' };
  }
  const apiVersion = csiNodeV1 ? 'storage.k8s.io/v1' : 'storage.k8s.io/v1beta1';
  return { path: `/apis/${apiVersion}/csinodes`, apiVersion, kind: 'CSINode' };
}
