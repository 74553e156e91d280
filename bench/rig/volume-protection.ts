import { setTimeout as delay } from 'node:timers/promises';
import { paths } from '../../testing/support/cluster-objects.ts';
import { type Api, ApiError, type KubeObject } from './api.ts';
import { forEachAtOnce } from './pool.ts';

const protection = 'kubernetes.io/pv-protection';

/** Waits until the deleted volumes whose names start so are gone. Throws if some stay for half a minute. */
export async function untilVolumesGone(api: Api, start: string): Promise<void> {
  for (let waitedMs = 0; (await releaseVolumes(api, start)) > 0; waitedMs += 200) {
    if (waitedMs > 30_000) throw new Error(`PersistentVolumes ${start}* were deleted and do not go`);
    await delay(200);
  }
}

/**
 * How many volumes whose names start so are still there. Those that are deleted and that only Kubernetes' own
 * protection holds are let go: the server puts it on, and taking it off is the work of a controller that is not here.
 */
export async function releaseVolumes(api: Api, start: string): Promise<number> {
  const list = (await api.get(paths.volumes)) as { items: KubeObject[] };
  const left = list.items.filter(({ metadata }) => metadata.name.startsWith(start));
  await forEachAtOnce(left.filter(isOnlyProtected), 20, ({ metadata: { name, resourceVersion } }) =>
    api.mergePatch(`${paths.volumes}/${name}`, { metadata: { finalizers: null, resourceVersion } }).catch(ifGone),
  );
  return left.length;
}

function isOnlyProtected({ metadata: { deletionTimestamp, finalizers } }: KubeObject): boolean {
  return deletionTimestamp !== undefined && finalizers?.join() === protection;
}

/** Somebody was faster. */
function ifGone(error: unknown): void {
  if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error;
}
