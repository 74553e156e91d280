import type { Mutant } from './mutant.ts';
import { cutsDriver } from './runs.ts';

/** Mistakes about the connection to the driver, about what is shown, and about what is left behind. */
export const driverMutants: readonly Mutant[] = [
  {
    name: 'secret-cached',
    breaks: 'A secret is read once and kept: after it was rotated every call fails.',
    edits: [
      {
        file: 'src/attacher/volume/secrets.ts',
        find: 'export async function secretsOf(',
        replace:
          'const cache = new WeakMap<object, Map<string, Readonly<Record<string, string>>>>();\n\nexport async function secretsOf(',
      },
      {
        file: 'src/attacher/volume/secrets.ts',
        find: '  const secret = await client.find(secrets, name, { namespace });\n',
        replace:
          '  const known = cache.get(client) ?? new Map<string, Readonly<Record<string, string>>>();\n  cache.set(client, known);\n  const data = known.get(name) ?? (await client.find(secrets, name, { namespace }))?.data;\n  if (data !== undefined) known.set(name, data);\n  const secret = data && { data };\n',
      },
    ],
    caughtBy: ['right-request'],
    withinSeeds: 20,
  },
  {
    name: 'publish-context-logged',
    breaks: 'What the driver gave for the node stands in the log: it may carry credentials.',
    edits: [
      {
        file: 'src/attacher/attach.ts',
        find: "    record.apply({ type: 'publish-succeeded', context });\n",
        replace:
          "    record.apply({ type: 'publish-succeeded', context });\n    this.#options.logger.info('Published', { context: JSON.stringify(context) });\n",
      },
    ],
    caughtBy: ['no-secrets'],
    withinSeeds: 10,
  },
  {
    name: 'secrets-logged',
    breaks: 'At high verbosity the secrets of a call stand in the log.',
    edits: [
      {
        file: 'src/csi/describe.ts',
        find: "    ...(request.readonly ? { readonly: true } : {}),\n    ...strip('secrets', request.secrets),",
        replace: '    ...(request.readonly ? { readonly: true } : {}),\n    secrets: request.secrets,',
      },
    ],
    caughtBy: ['no-secrets'],
    withinSeeds: 10,
  },
  {
    name: 'list-timer-left',
    breaks: 'The comparison with the lists goes on after the end of its term: each term adds another.',
    edits: [{ file: 'src/attacher/list-reconcile.ts', find: '    this.#timer?.cancel();\n', replace: '' }],
    caughtBy: ['bounded'],
    withinSeeds: 10,
  },
  {
    name: 'deadline-timers-left',
    breaks:
      'The timers of --volume-attachment-timeout outlive their term: they act without a lease, and keep a process from ending.',
    edits: [{ file: 'src/attacher/controller.ts', find: '    this.#deadlines.stop();\n', replace: '' }],
    caughtBy: ['bounded', 'acts-under-lease'],
    withinSeeds: 10,
  },
  {
    name: 'request-timers-left',
    breaks: 'Each burst of requests leaves a timer behind.',
    edits: [
      {
        file: 'src/kube/client/request-deadlines.ts',
        find: '    this.#timer?.cancel();\n    this.#timer = undefined;\n',
        replace: '',
      },
    ],
    caughtBy: ['bounded'],
    withinSeeds: 10,
  },
  {
    name: 'lost-driver-not-noticed',
    breaks: 'A driver that was restarted is called as before: it may be another version, with other capabilities.',
    edits: [
      {
        file: 'src/app.ts',
        find: '    this.#connections.driver.onDisconnect(() => this.#disconnected());\n',
        replace: '',
      },
    ],
    caughtBy: ['probed-after-loss'],
    runs: cutsDriver,
    withinSeeds: 90,
  },
  {
    name: 'driver-not-probed',
    breaks: 'A driver that has come back is called before it says that it is ready.',
    edits: [{ file: 'src/app.ts', find: '        await driver.waitReady(stop);\n', replace: '' }],
    caughtBy: ['probed-after-loss'],
    runs: cutsDriver,
    withinSeeds: 80,
  },
];
