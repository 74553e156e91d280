declare const __CSI_ATTACHER_VERSION__: string | undefined;

/** The release, written into the bundle when it is built; `devel` when the sources run as they are. */
export const version = typeof __CSI_ATTACHER_VERSION__ === 'undefined' ? 'devel' : __CSI_ATTACHER_VERSION__;
