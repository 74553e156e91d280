import type { Chance } from '../chance.ts';
import type { Focus, SimOptions } from '../options.ts';
import type { Action, ActionKind, LaneName, ScriptItem } from '../script.ts';

type Size = Pick<SimOptions, 'attachers' | 'chaosMs' | 'nodes' | 'volumes' | 'frontends'>;

/** What an action is about, if it is about that. */
interface Place {
  readonly volume: number;
  readonly node: number;
}

const quietKinds: readonly ActionKind[] = ['attach', 'detach', 'drain', 'storm'];
const peopleKinds: readonly ActionKind[] = [
  ...quietKinds,
  'delete attachment',
  'strip attachment',
  'touch attachment',
  'delete volume',
  'strip volume',
  'touch volume',
  'recreate node',
  'unregister driver',
  'rotate secret',
  'detach behind',
];
const machineKinds: readonly ActionKind[] = [
  'kill',
  'stop',
  'pause',
  'pause leader',
  'suspend',
  'suspend leader',
  'partition',
  'break connections',
  'restart api',
  'compact',
  'lag',
  'rotate token',
  'revoke',
  'restart driver',
  'cut driver',
  'meddle',
  'lose capability',
];

const kindsOf: Readonly<Record<Focus, readonly ActionKind[]>> = {
  quiet: [...quietKinds, 'lag'],
  people: peopleKinds,
  driver: [...quietKinds, 'delete volume', 'touch volume'],
  everything: [...peopleKinds, ...machineKinds],
};

/** Few kinds of actions, many times over: what goes wrong only if the same happens again and again, or in one moment. */
const plots: readonly (readonly ActionKind[])[] = [
  ['recreate node'],
  ['recreate node', 'strip attachment'],
  ['unregister driver'],
  ['delete volume'],
  ['strip volume'],
  ['delete volume', 'touch volume'],
  ['touch attachment', 'delete attachment'],
  ['strip attachment', 'delete attachment'],
  ['rotate secret'],
  ['detach behind'],
  ['lag', 'kill'],
  ['lag', 'stop'],
  ['lag', 'pause leader'],
  ['partition', 'delete attachment'],
  ['pause', 'pause leader'],
  ['suspend', 'suspend leader'],
  ['restart driver', 'cut driver'],
  ['break connections', 'restart api', 'compact'],
  ['rotate token'],
  ['meddle'],
  ['meddle', 'delete attachment'],
  ['lose capability'],
  ['lose capability', 'delete attachment'],
];

function drawKinds(chance: Chance, focus: Focus): readonly ActionKind[] {
  const all = kindsOf[focus];
  const possible = plots.filter((kinds) => kinds.every((kind) => all.includes(kind)));
  const plot = chance.hits(0.5) ? chance.pick(possible) : undefined;
  return plot ?? all.filter((kind) => kind === 'attach' || kind === 'detach' || chance.hits(0.35));
}

/** Draws what people and machines do, and when. */
export function drawScript(chance: Chance, size: Size, focus: Focus): ScriptItem[] {
  const kinds = drawKinds(chance, focus);
  const script: ScriptItem[] = [];
  // Something has to be there that trouble can be made with.
  for (let volume = 0; volume < size.volumes; volume++) {
    if (!chance.hits(0.8)) continue;
    const node = chance.whole(0, size.nodes - 1);
    script.push({ atMs: chance.between(0, size.chaosMs / 2), kind: 'attach', volume, node, force: false });
  }
  const count = chance.whole(5, 15) + Math.round(Math.min(size.volumes, 120) * chance.between(0.5, 2));
  let before: (Place & { atMs: number }) | undefined;
  for (let index = 0; index < count; index++) {
    const kind = chance.hits(0.4) ? chance.pick(['attach', 'detach'] as const) : (chance.pick(kinds) ?? 'attach');
    // What happens to the same volume shortly after something else meets work that is still going on.
    const follows: typeof before = chance.hits(0.5) ? before : undefined;
    const atMs =
      follows === undefined ? chance.between(1_000, size.chaosMs) : follows.atMs + 10 ** chance.between(0, 4);
    // What comes later than all that goes wrong would undo the order that is to be found then.
    if (atMs > size.chaosMs) continue;
    const place = follows ?? { volume: chance.whole(0, size.volumes - 1), node: chance.whole(0, size.nodes - 1) };
    script.push({ atMs, ...drawAction(chance.fork(`deed ${index}`), kind, place, size, focus) });
    before = { ...place, atMs };
  }
  return script.sort((a, b) => a.atMs - b.atMs);
}

function drawAction(chance: Chance, kind: ActionKind, { volume, node }: Place, size: Size, focus: Focus): Action {
  const replica = chance.whole(0, size.attachers - 1);
  /** From milliseconds to a minute: short ones as often as long ones. */
  const span = (): number => 10 ** chance.between(1, 4.8);
  switch (kind) {
    case 'attach':
      return { kind, volume, node, force: focus !== 'quiet' && chance.hits(0.1) };
    case 'detach':
    case 'delete attachment':
    case 'delete volume':
    case 'detach behind':
      return { kind, volume };
    case 'drain':
      return { kind, node };
    case 'storm':
      return { kind, volumes: chance.whole(1, size.volumes) };
    case 'strip attachment':
      return { kind, volume, alsoDelete: chance.hits(0.6) };
    case 'touch attachment':
    case 'touch volume':
      return { kind, volume, holdMs: span() };
    case 'strip volume':
      return { kind, volume, backAfterMs: chance.hits(0.5) ? span() : 0 };
    case 'recreate node':
      return { kind, node, downMs: span(), machineGone: chance.hits(0.5) };
    case 'unregister driver':
      return { kind, node, downMs: span() };
    case 'rotate secret':
      return { kind, goneMs: chance.hits(0.5) ? span() : 0 };
    case 'kill':
      return { kind, replica, ...drawPoint(chance), downMs: span() };
    case 'stop':
      return { kind, replica, downMs: span() };
    case 'pause':
    case 'suspend':
      return { kind, replica, ...drawPoint(chance), forMs: span() };
    case 'pause leader':
    case 'suspend leader':
      return { kind, ...drawPoint(chance), untilMs: chance.hits(0.5) ? chance.between(-1_000, 1_000) : span() };
    case 'partition': {
      const lanes = chance.pick<readonly LaneName[]>([['volumes'], ['lease'], ['driver'], ['volumes', 'lease']]);
      // How late a call may come to the driver is bounded (see DriverSide), so none is held up on its way.
      const how = lanes.includes('driver') ? 'reject' : chance.pick(['drop', 'reject'] as const);
      return { kind, replica, lanes, how, forMs: span() };
    }
    case 'break connections':
      return { kind, replica };
    case 'lag':
      return { kind, frontend: chance.whole(0, size.frontends - 1), lagMs: span(), forMs: span() };
    case 'rotate token':
      return { kind, lateMs: chance.hits(0.5) ? span() : 0 };
    case 'revoke':
      return { kind, rule: chance.whole(0, 7), forMs: span() };
    case 'meddle':
      return {
        kind,
        field: chance.whole(0, 10),
        how: chance.pick(['dropped', 'kept', 'put back'] as const),
        forMs: span(),
      };
    case 'lose capability':
      return { kind, forMs: span() };
    case 'restart driver':
      return { kind, forget: chance.hits(0.2), downMs: span() };
    case 'restart api':
    case 'compact':
    case 'cut driver':
      return { kind };
  }
}

function drawPoint(chance: Chance): { sends: number; after: boolean } {
  return { sends: chance.hits(0.3) ? 0 : chance.whole(1, 20), after: chance.hits(0.5) };
}
