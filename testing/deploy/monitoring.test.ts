import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { Code } from '../../src/csi/errors.ts';
import { Rig, until } from '../wire/rig.ts';
import { containerOf, deployPath, objectsIn, podsOf } from './manifests.ts';
import { promtool } from './promtool.ts';

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
}

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const monitoring = (name: string): string => deployPath(`monitoring/${name}`);
const read = (path: string): string => readFileSync(path, 'utf8');
const { groups } = parse(read(monitoring('rules.yaml'))) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read(monitoring('dashboard.json'))) as { panels: Panel[] };
/** Panels' queries, with Grafana's variables filled in. */
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(namespace|pod)/g, '.*'),
  })),
);

test('promtool finds the rules right, and they fire when they are to and not before', async () => {
  await promtool('check', 'rules', monitoring('rules.yaml'));
  await promtool('test', 'rules', monitoring('rules-test.yaml'));
});

test('each alert is made to fire by a test', () => {
  const tests = read(monitoring('rules-test.yaml'));
  for (const { alert } of rules) assert.match(tests, new RegExp(`alertname="${alert}",alertstate="firing"`));
});

test('the object for the Prometheus operator holds the same rules', () => {
  const [object] = parseAllDocuments(read(monitoring('prometheusrule.yaml'))).map((document) => document.toJS());
  assert.equal(object.kind, 'PrometheusRule');
  assert.deepEqual(object.spec, { groups });
});

test('each alert says how bad it is, what to do, and where more is to be read; the runbook has no other', () => {
  const sections = [...read(deployPath('../docs/RUNBOOK.md')).matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  assert.deepEqual(
    sections,
    rules.map(({ alert }) => alert),
  );
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning)$/, alert);
    assert.ok(annotations.summary.length < 80 && annotations.description.length > 80, alert);
    assert.equal(annotations.runbook, `docs/RUNBOOK.md#${alert.toLowerCase()}`);
  }
});

test('the queries of the dashboard are PromQL', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'csi-dashboard-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'queries.yaml');
  const recorded = queries.map(({ expr }, at) => ({ record: `query:${at}`, expr }));
  writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
  await promtool('check', 'rules', file);
});

test('no two panels of the dashboard lie on each other or share a number', () => {
  const { panels } = dashboard;
  assert.ok(panels.length > 15);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [at, { gridPos: one, title }] of panels.entries()) {
    assert.ok(one.x + one.w <= 24, title);
    for (const { gridPos: other, title: otherTitle } of panels.slice(at + 1)) {
      const apart = one.x + one.w <= other.x || other.x + other.w <= one.x;
      assert.ok(apart || one.y + one.h <= other.y || other.y + other.h <= one.y, `${title} and ${otherTitle}`);
    }
  }
});

/** The metrics in a query, each with the labels that it is asked by. */
function metricsIn(expr: string): { metric: string; labels: string[] }[] {
  const found = expr.matchAll(/\b((?:csi|leader|workqueue|process|nodejs)_[a-z_]+)\b(?:\{([^}]*)\})?/g);
  return [...found]
    .filter(([, metric]) => metric !== undefined)
    .map(([, metric = '', selectors = '']) => ({
      metric,
      labels: [...selectors.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }));
}

/** What Prometheus adds to each sample. */
const ofTarget = ['namespace', 'pod', 'job'];

test('each metric that a rule or a panel names is in a scrape, with the labels that it is asked by', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const attacher = rig.attacher();
  await attacher.until(/Became leader/);
  rig.cluster.addNodes('n1');
  rig.driver.core.faults.next(1, { kind: 'error', code: Code.Internal });
  rig.cluster.attach(rig.cluster.addVolumes(1), 'n1');
  await until('attached', () => rig.cluster.attached === 1);
  const { text } = await attacher.get('/metrics');
  const expressions = [...rules, ...queries].map(({ expr }) => expr);
  const asked = expressions.flatMap(metricsIn);
  assert.ok(asked.length > 30, `${asked.length}`);
  for (const { metric, labels } of asked) {
    const family = metric.replace(/_(bucket|count|sum)$/, '');
    const isThere = text.includes(`# TYPE ${metric} `) || text.includes(`# TYPE ${family} histogram`);
    assert.ok(isThere, `no ${metric} in the scrape`);
    const samples = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
    for (const label of labels.filter((name) => !ofTarget.includes(name) && samples.length > 0))
      assert.ok(
        samples.some((sample) => sample.includes(`${label}="`)),
        `${metric} has no label ${label}`,
      );
  }
  // The two values that rules ask for by name.
  assert.match(text, /method_name="\/csi\.v1\.Identity\/Probe",grpc_status_code="OK"/);
  assert.match(text, /leader_election_master_status\{name="external-attacher-leader-/);
});

test('the PodMonitor selects the pods of the manifests, at a port that they have', () => {
  const [monitor] = objectsIn(read(monitoring('podmonitor.yaml')));
  const spec = monitor?.spec as {
    selector: { matchLabels: Record<string, string> };
    podMetricsEndpoints: { port: string; interval: string }[];
  };
  for (const path of ['deployment/deployment.yaml', 'statefulset/statefulset.yaml', 'examples/hostpath/driver.yaml']) {
    const [found] = podsOf(objectsIn(read(deployPath(path))));
    assert.ok(found, path);
    for (const [key, value] of Object.entries(spec.selector.matchLabels)) assert.equal(found.labels[key], value, path);
    const ports = containerOf(found.pod, 'csi-attacher').ports?.map(({ name }) => name);
    for (const { port } of spec.podMetricsEndpoints) assert.ok(ports?.includes(port), path);
  }
});
