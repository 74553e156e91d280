/** What the server can do. Old servers lack some of it, and a client has to live with that. */
export interface ServerFeatures {
  /** Bookmarks in watches that ask for them. */
  readonly bookmarks: boolean;
  /** sendInitialEvents. */
  readonly watchLists: boolean;
  /** The field errorCode of a VolumeError; without it, the field is dropped like any unknown one. */
  readonly errorCode: boolean;
  /** Protobuf, asked for or sent. */
  readonly protobuf: boolean;
  /** coordination.k8s.io/v1. */
  readonly leaseV1: boolean;
  /** csinodes in storage.k8s.io/v1. */
  readonly csiNodeV1: boolean;
}

export const allFeatures: ServerFeatures = {
  bookmarks: true,
  watchLists: true,
  errorCode: true,
  protobuf: true,
  leaseV1: true,
  csiNodeV1: true,
};
