import type { ObjectMeta } from '../api/objects.ts';
import { compareVersions } from '../api/resource-version.ts';
import type { WatchEvents } from '../client/watch/stream.ts';
import type { ObjectStore } from './object-store.ts';
import type { WatchWatchdog } from './watch-watchdog.ts';

/** Takes the events of a watch into the store. `heard` is called for each. */
export function watchEvents<T extends ObjectMeta>(options: {
  store: ObjectStore<T>;
  watchdog: WatchWatchdog;
  keep: (object: T) => boolean;
  heard: () => void;
}): WatchEvents<T> {
  const { store, watchdog, keep } = options;
  const heard = (): void => {
    watchdog.heard();
    options.heard();
  };
  return {
    opened: () => watchdog.opened(),
    changed: (object) => {
      heard();
      if (keep(object)) store.upsert(object);
      else store.remove(object.name, undefined, object.resourceVersion);
    },
    deleted: (object) => {
      heard();
      store.remove(object.name, object, object.resourceVersion);
    },
    bookmark: (resourceVersion) => {
      heard();
      watchdog.bookmark();
      // Events may come once more; a bookmark says how far the server is, and it should not be behind us.
      if (compareVersions(resourceVersion, store.resourceVersion) < 0) watchdog.interrupt();
      else store.advance(resourceVersion);
    },
  };
}
