import { Code } from '../../src/csi/errors.ts';
import type { Leadership } from './checkers/leadership.ts';
import type { ApiSide } from './cluster/api-side.ts';
import { type Cluster, ourFinalizer, type Plural, type SimNode, type SimVolume } from './cluster/cluster.ts';
import type { ControllerManager } from './cluster/controller-manager.ts';
import { type Credentials, roleWithout } from './cluster/credentials.ts';
import type { DriverSide } from './cluster/driver-side.ts';
import { webhook } from './cluster/webhook.ts';
import type { EventLog } from './event-log.ts';
import type { Replica } from './replica/replica.ts';
import type { SendPoint } from './replica/sim-process.ts';
import type { Action } from './script.ts';
import type { VirtualTime } from './virtual-time.ts';

type Handlers = { [Kind in Action['kind']]: (action: Extract<Action, { kind: Kind }>) => void };

const rolePath = '/apis/rbac.authorization.k8s.io/v1/clusterroles';

/** What an action can reach of the world. */
interface ActionWorld {
  readonly nowMs: number;
  readonly time: VirtualTime;
  readonly log: EventLog;
  readonly cluster: Cluster;
  readonly controllerManager: ControllerManager;
  readonly replicas: readonly Replica[];
  readonly leadership: Leadership;
  readonly api: ApiSide;
  readonly driver: DriverSide;
  readonly credentials: Credentials;
}

/** Does what the script says. Whatever is to be undone later is undone when the faults end at the latest. */
export class Actions {
  readonly #world: ActionWorld;
  readonly #undo = new Set<() => void>();
  /** By the driver's ids. */
  readonly #goneMachines = new Set<string>();
  /** How often what was done. */
  readonly counts: Record<string, number> = {};

  constructor(world: ActionWorld) {
    this.#world = world;
  }

  do(action: Action): void {
    this.#world.log.say('action', JSON.stringify(action));
    this.counts[action.kind] = (this.counts[action.kind] ?? 0) + 1;
    const handler = this.#handlers[action.kind] as (action: Action) => void;
    handler(action);
  }

  heal(): void {
    // No driver learns again of a machine that is gone.
    for (const nodeId of this.#goneMachines) this.#forgetNode(nodeId);
    for (const undo of [...this.#undo]) undo();
    for (const replica of this.#world.replicas) {
      replica.process?.resume();
      replica.heal();
    }
  }

  /** `undo` is called after `afterMs`, or when the faults end. */
  #later(afterMs: number, undo: () => void): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo();
    };
    this.#undo.add(once);
    this.#world.time.schedule(afterMs, once);
  }

  #volume(index: number): SimVolume {
    const { volumes } = this.#world.cluster;
    return volumes[index % volumes.length] as SimVolume;
  }

  #node(index: number): SimNode {
    const { nodes } = this.#world.cluster;
    return nodes[index % nodes.length] as SimNode;
  }

  #replica(index: number): Replica {
    const { replicas } = this.#world;
    return replicas[index % replicas.length] as Replica;
  }

  /** Names of the volume's attachments. */
  #attachments(index: number): string[] {
    const attachments = this.#world.cluster.attachmentsOf(this.#volume(index).pv);
    return attachments.map(({ metadata }) => metadata.name);
  }

  #stripped(name: string): object {
    const object = this.#world.cluster.get('volumeattachments', name);
    const left = (object?.metadata.finalizers ?? []).filter((finalizer) => finalizer !== ourFinalizer);
    return { metadata: { finalizers: left.length === 0 ? null : left } };
  }

  #setFinalizer(plural: Plural, name: string, finalizer: string, wanted: boolean): void {
    const { cluster } = this.#world;
    const object = cluster.get(plural, name);
    if (object === undefined || (wanted && object.metadata.deletionTimestamp !== undefined)) return;
    const others = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    const finalizers = wanted ? [...others, finalizer] : others;
    cluster.patch('people', plural, name, { metadata: { finalizers } });
  }

  #touch(plural: Plural, name: string, holdMs: number): void {
    const at = String(Math.floor(this.#world.nowMs));
    const metadata = { annotations: { 'people/touched': at }, labels: { touched: at } };
    this.#world.cluster.patch('people', plural, name, { metadata });
    this.#setFinalizer(plural, name, 'people/hold', true);
    this.#later(holdMs, () => this.#setFinalizer(plural, name, 'people/hold', false));
  }

  #stop(replica: number, how: 'pause' | 'suspend', point: SendPoint, forMs: number): void {
    const { process } = this.#replica(replica);
    process?.at(point, () => {
      process[how]();
      this.#later(forMs, () => process.resume());
    });
  }

  /** Until so long after its lease has expired. */
  #stopLeader(how: 'pause' | 'suspend', point: SendPoint, untilMs: number): void {
    const { leadership } = this.#world;
    const { holder } = leadership;
    holder?.at(point, () => {
      holder[how]();
      this.#later(leadership.leftMs + untilMs, () => holder.resume());
    });
  }

  readonly #handlers: Handlers = {
    attach: ({ volume, node, force }) =>
      this.#world.controllerManager.want(this.#volume(volume), this.#node(node), force),
    detach: ({ volume }) => this.#world.controllerManager.want(this.#volume(volume), undefined),
    drain: ({ node }) => {
      const { cluster, controllerManager } = this.#world;
      for (const volume of cluster.volumes) {
        if (controllerManager.wanted(volume) === this.#node(node)) controllerManager.want(volume, this.#node(node + 1));
      }
    },
    storm: ({ volumes }) => {
      const { cluster, controllerManager } = this.#world;
      for (const volume of cluster.volumes.slice(0, volumes)) {
        const from = controllerManager.wanted(volume);
        const to = from === undefined ? volume.index : cluster.nodes.indexOf(from) + 1;
        controllerManager.want(volume, this.#node(to));
      }
    },
    'delete attachment': ({ volume }) => {
      for (const name of this.#attachments(volume)) this.#world.cluster.delete('people', 'volumeattachments', name);
    },
    'strip attachment': ({ volume, alsoDelete }) => {
      const { cluster } = this.#world;
      for (const name of this.#attachments(volume)) {
        if (alsoDelete) cluster.delete('people', 'volumeattachments', name);
        cluster.patch('people', 'volumeattachments', name, this.#stripped(name));
      }
    },
    'touch attachment': ({ volume, holdMs }) => {
      for (const name of this.#attachments(volume)) {
        this.#touch('volumeattachments', name, holdMs);
      }
    },
    'delete volume': ({ volume }) => this.deleteVolume(this.#volume(volume)),
    'strip volume': ({ volume, backAfterMs }) => {
      const { cluster } = this.#world;
      const it = this.#volume(volume);
      this.deleteVolume(it);
      cluster.patch('people', 'persistentvolumes', it.pv, { metadata: { finalizers: null } });
      if (backAfterMs > 0) this.#later(backAfterMs, () => cluster.createVolume('people', it));
    },
    'touch volume': ({ volume, holdMs }) => this.#touch('persistentvolumes', this.#volume(volume).pv, holdMs),
    'recreate node': ({ node, downMs, machineGone }) => this.#recreateNode(this.#node(node), downMs, machineGone),
    'unregister driver': ({ node, downMs }) => {
      const it = this.#node(node);
      it.registered = false;
      this.#world.cluster.registerNode('people', it);
      this.#later(downMs, () => {
        it.registered = true;
        // A machine that is gone registers nothing; the one that takes its place does so itself.
        if (!this.#goneMachines.has(it.id)) this.#world.cluster.registerNode('people', it);
      });
    },
    'rotate secret': ({ goneMs }) => {
      const { cluster } = this.#world;
      if (goneMs <= 0) return cluster.rotateSecret('people');
      cluster.delete('people', 'secrets', 'publish');
      this.#later(goneMs, () => cluster.createSecret('people'));
    },
    kill: ({ replica, sends, after, downMs }) => this.#replica(replica).kill({ sends, after }, downMs),
    stop: ({ replica, downMs }) => this.#replica(replica).stop(downMs),
    pause: ({ replica, forMs, ...point }) => this.#stop(replica, 'pause', point, forMs),
    suspend: ({ replica, forMs, ...point }) => this.#stop(replica, 'suspend', point, forMs),
    'pause leader': ({ untilMs, ...point }) => this.#stopLeader('pause', point, untilMs),
    'suspend leader': ({ untilMs, ...point }) => this.#stopLeader('suspend', point, untilMs),
    partition: ({ replica, lanes, how, forMs }) => {
      const it = this.#replica(replica);
      const cut = lanes.map((lane) => it.lanes[lane]);
      for (const each of cut) each.set(how);
      this.#later(forMs, () => {
        for (const each of cut) each.set('open');
      });
    },
    'break connections': ({ replica }) => this.#replica(replica).breakConnections(),
    'restart api': () => this.#world.api.server.restart(),
    compact: () => this.#world.api.server.store.compact(),
    lag: ({ frontend, lagMs, forMs }) => {
      this.#world.api.setLag(frontend, lagMs);
      this.#later(forMs, () => this.#world.api.setLag(frontend, 0));
    },
    'rotate token': ({ lateMs }) => this.#world.credentials.rotate((undo) => this.#later(lateMs, undo)),
    revoke: ({ rule, forMs }) => {
      const set = (role: object): void => {
        const name = (role as { metadata: { name: string } }).metadata.name;
        this.#world.api.act('people', 'PUT', `${rolePath}/${name}`, role);
      };
      set(roleWithout(rule));
      this.#later(forMs, () => set(roleWithout(-1)));
    },
    meddle: ({ field, how, forMs }) => {
      const { server } = this.#world.api;
      server.admission = webhook(field, how);
      this.#later(forMs, () => {
        server.admission = undefined;
      });
    },
    'lose capability': ({ forMs }) => {
      const { core } = this.#world.driver;
      const { settings } = core.service;
      const { capabilities } = settings;
      if (!capabilities.includes('PUBLISH_UNPUBLISH_VOLUME')) return;
      settings.capabilities = capabilities.filter((each) => each !== 'PUBLISH_UNPUBLISH_VOLUME');
      core.restart();
      this.#later(forMs, () => {
        settings.capabilities = capabilities;
        core.restart();
      });
    },
    'restart driver': ({ forget, downMs }) => this.#world.driver.core.restart({ forget, downMs }),
    'cut driver': () => this.#world.driver.core.cut(),
    'detach behind': ({ volume }) => {
      const { handle } = this.#volume(volume);
      const { ledger } = this.#world.driver.core;
      for (const nodeId of ledger.nodesOf(handle)) ledger.unpublish(handle, nodeId);
    },
  };

  /** As a cluster without claims would: the protection is taken off by whoever has put it on. */
  deleteVolume({ pv }: SimVolume): void {
    const { cluster } = this.#world;
    cluster.delete('people', 'persistentvolumes', pv);
    const object = cluster.get('persistentvolumes', pv);
    if (object === undefined) return;
    const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== 'kubernetes.io/pv-protection');
    cluster.patch('pv-protection', 'persistentvolumes', pv, { metadata: { finalizers } });
  }

  #recreateNode(node: SimNode, downMs: number, machineGone: boolean): void {
    const { cluster, driver } = this.#world;
    const former = node.id;
    cluster.delete('people', 'csinodes', node.name);
    if (machineGone) {
      for (const { volumeId, nodeId } of [...driver.core.ledger.entries()]) {
        if (nodeId === former) driver.core.ledger.unpublish(volumeId, nodeId);
      }
      this.#forgetMachine(former);
    }
    this.#later(downMs, () => {
      node.generation++;
      node.id = `id-${node.name}-${node.generation}`;
      node.registered = true;
      cluster.registerNode('people', node);
    });
  }

  /** The driver does not know that machine any more, and what it was about to publish there comes to nothing. */
  #forgetMachine(nodeId: string): void {
    if (this.#goneMachines.has(nodeId)) return;
    this.#goneMachines.add(nodeId);
    const { journal, ledger } = this.#world.driver.core;
    journal.subscribe((entry) => {
      if (entry.phase === 'work' && entry.nodeId === nodeId) ledger.unpublish(entry.volumeId, nodeId);
    });
    this.#forgetNode(nodeId);
  }

  #forgetNode(nodeId: string): void {
    const { faults } = this.#world.driver.core;
    const unknown = { kind: 'error', code: Code.NotFound, message: `node ${nodeId} does not exist` } as const;
    for (const method of ['ControllerPublishVolume', 'ControllerUnpublishVolume'] as const) {
      faults.next(Number.POSITIVE_INFINITY, unknown, { method, nodeId });
    }
  }
}
