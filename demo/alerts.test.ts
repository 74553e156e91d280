import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { projectFile } from '../bench/rig/paths.ts';
import { deployPath } from '../testing/deploy/manifests.ts';
import { promtool } from '../testing/deploy/promtool.ts';

/** A look at all replicas each so many milliseconds, which the rules take for a scrape each so many seconds. */
const scrape = { everyMs: 500, asSeconds: 15 };

/** What promtool takes for a gap, and for the end of a series, as a target that is gone leaves it. */
type Value = string | 'stale' | '_';

/** Series as Prometheus would have kept them: by name and labels, a value for each scrape. */
class Series {
  readonly #values = new Map<string, Value[]>();
  #scrapes = 0;

  get scrapes(): number {
    return this.#scrapes;
  }

  /** Takes what every replica shows, by its name. Series that are not there any more end. */
  add(pages: ReadonlyMap<string, string>): void {
    const seen = new Map<string, string>();
    for (const [pod, page] of pages) {
      for (const line of page.split('\n')) {
        const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
        if (name === undefined || value === undefined || !named.test(name)) continue;
        const all = [`namespace="demo",job="demo",pod="${pod}"`, ...(labels === undefined ? [] : [labels])];
        seen.set(`${name}{${all.join(',')}}`, value);
      }
    }
    for (const [series, value] of seen) {
      const values = this.#values.get(series) ?? new Array<Value>(this.#scrapes).fill('_');
      values.push(value);
      this.#values.set(series, values);
    }
    for (const [series, values] of this.#values) {
      if (seen.has(series)) continue;
      values.push(values.at(-1) === '_' || values.at(-1) === 'stale' ? '_' : 'stale');
    }
    this.#scrapes++;
  }

  asInput(): { series: string; values: string }[] {
    return [...this.#values].map(([series, values]) => ({ series, values: values.join(' ') }));
  }
}

/** Whatever a rule could ask for. */
const named = /^(csi_|leader_election_)(?!.*_bucket$)/;

/** The replicas that the demo has started so far, by name, each with the address that its log names. */
function replicasIn(directory: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of globSync(join(directory, '*', 'attacher-*.log'))) {
    const address = /"Listening".*address="([^"]+)"/.exec(readFileSync(path, 'utf8'))?.[1];
    if (address !== undefined) found.set(basename(path, '.log'), address);
  }
  return found;
}

/** What each replica shows. One that does not answer shows nothing, as for Prometheus. */
async function look(directory: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const [name, address] of replicasIn(directory)) {
    try {
      pages.set(name, await (await fetch(`http://${address}/metrics`)).text());
    } catch {
      // Killed by the demo, or not there yet.
    }
  }
  return pages;
}

/** A firing alert but for `without`, or only of `only`. */
const firing = (matcher: string): string =>
  `count by (alertname) (count_over_time(ALERTS{alertstate="firing",${matcher}}[2h]))`;

/** Runs the demo to its end, and looks at its replicas meanwhile. */
async function watchDemo(context: TestContext): Promise<Series> {
  const directory = mkdtempSync(join(tmpdir(), 'csi-attacher-demo-alerts-'));
  const command = [projectFile('demo/main.ts'), '--volumes', '20', '--nodes', '4'];
  const child = spawn(projectFile('tools/node'), command, { env: { ...process.env, TMPDIR: directory } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close');
  context.after(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  const series = new Series();
  while (child.exitCode === null) {
    const pages = await look(directory);
    if (pages.size > 0) series.add(pages);
    await delay(scrape.everyMs);
  }
  assert.equal(child.exitCode, 0, output);
  return series;
}

test('no alert fires in the demo, thirty times as slow, but that nobody leads: the demo kills the leader', async (context) => {
  const series = await watchDemo(context);
  const eval_time = `${series.scrapes * scrape.asSeconds}s`;
  const noLeader = 'alertname="CsiAttacherNoLeader"';
  const tests = {
    rule_files: [deployPath('monitoring/rules.yaml')],
    evaluation_interval: `${scrape.asSeconds}s`,
    tests: [
      {
        interval: `${scrape.asSeconds}s`,
        input_series: series.asInput(),
        promql_expr_test: [
          { expr: firing('alertname!="CsiAttacherNoLeader"'), eval_time, exp_samples: [] },
          { expr: `${firing(noLeader)} > bool 0`, eval_time, exp_samples: [{ labels: `{${noLeader}}`, value: 1 }] },
        ],
      },
    ],
  };
  const folder = mkdtempSync(join(tmpdir(), 'csi-attacher-alerts-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'alerts.yaml');
  writeFileSync(file, stringify(tests));
  await promtool('test', 'rules', file);
});
