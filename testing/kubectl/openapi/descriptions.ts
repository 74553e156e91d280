/** What `kubectl explain` says of the objects that an attacher works with; of others it knows the types only. */
export const descriptions: Readonly<Record<string, { message: string; fields?: Readonly<Record<string, string>> }>> = {
  'storage.VolumeAttachment': {
    message: 'The wish that a volume be attached to a node, and how far that has come.',
    fields: {
      spec: 'What is to be attached where. Never changes.',
      status: 'How far it has come. Written by the attacher.',
    },
  },
  'storage.VolumeAttachmentSpec': {
    message: 'What is to be attached where.',
    fields: {
      attacher: 'Name of the CSI driver whose attacher acts on the object.',
      nodeName: 'Node that the volume is attached to.',
      source: 'The volume: exactly one of its fields is set.',
    },
  },
  'storage.VolumeAttachmentSource': {
    message: 'The volume to attach. Exactly one field is set.',
    fields: {
      persistentVolumeName: 'Name of a PersistentVolume.',
      inlineVolumeSpec: 'A volume that a pod names itself, translated from an in-tree volume.',
    },
  },
  'storage.VolumeAttachmentStatus': {
    message: 'How far attaching has come.',
    fields: {
      attached: 'Whether the volume is attached.',
      attachmentMetadata: 'What the driver returned when it attached, for mounting.',
      attachError: 'What went wrong the last time that attaching was tried.',
      detachError: 'What went wrong the last time that detaching was tried.',
    },
  },
  'storage.VolumeError': {
    message: 'What went wrong.',
    fields: {
      time: 'When it went wrong.',
      message: 'The error in words.',
      errorCode: 'The gRPC code of the error.',
    },
  },
  'storage.CSINode': {
    message: 'The CSI drivers that run on a node.',
    fields: { spec: 'The drivers, each with the name that it has for the node.' },
  },
  'storage.CSINodeDriver': {
    message: 'One driver on a node.',
    fields: {
      name: 'Name of the driver.',
      nodeID: 'What the driver calls the node.',
      topologyKeys: 'Labels by which the driver tells places apart.',
      allocatable: 'How many volumes the driver can attach to the node.',
    },
  },
  'storage.CSIDriver': { message: 'What the cluster has to know about a CSI driver.' },
  'core.PersistentVolume': {
    message: 'A volume in the cluster.',
    fields: { spec: 'Where the volume is and how it may be used.', status: 'Whether it is in use.' },
  },
  'core.CSIPersistentVolumeSource': {
    message: 'A volume of a CSI driver.',
    fields: {
      driver: 'Name of the driver.',
      volumeHandle: 'What the driver calls the volume.',
      volumeAttributes: 'What the driver wants to be told about the volume.',
      controllerPublishSecretRef: 'The secret that the driver gets when it attaches and detaches.',
    },
  },
  'coordination.Lease': {
    message: 'Who holds a lock, such as the one that elects a leader.',
    fields: { spec: 'The holder and until when the lock is its own.' },
  },
};
