import { formatDuration } from '../base/duration.ts';
import { notParsed, type Parsed, parsed } from '../base/parsed.ts';
import { defaultSets, type FlagName, featureGates, httpChoices, isFeatureGate } from './flags.ts';
import { ignoredGates } from './ignored-gates.ts';
import type { FlagValues } from './values.ts';

/** What a renew deadline must exceed the retry period by, so that at least one retry fits: client-go's jitter factor. */
const retryJitter = 1.2;
const largestInt32 = 2 ** 31 - 1;

/** Everything that is wrong with values that are well formed, each problem with flag, value and what is allowed. */
export function brokenRules(values: FlagValues): string[] {
  return [
    ...durationRules(values),
    ...electionRules(values),
    ...numberRules(values),
    ...textRules(values),
    ...gateRules(values),
  ];
}

type DurationFlag = 'timeout' | 'reconcile-timeout' | 'volume-attachment-timeout';

function durationRules(values: FlagValues): string[] {
  const problems: string[] = [];
  const check = (name: DurationFlag, zeroAllowed: boolean): void => {
    const ms = values.get(name);
    if (ms === undefined || ms > 0 || (zeroAllowed && ms === 0)) return;
    problems.push(broken(values, name, zeroAllowed ? 'must be 0 (off) or more' : 'must be more than 0s'));
  };
  check('timeout', false);
  check('reconcile-timeout', false);
  check('volume-attachment-timeout', true);
  return problems;
}

function electionRules(values: FlagValues): string[] {
  // Without election nothing reads them, and the Go attacher does not look at them either.
  if (!values.get('leader-election')) return [];
  const problems: string[] = [];
  const lease = values.get('leader-election-lease-duration');
  const renew = values.get('leader-election-renew-deadline');
  const retry = values.get('leader-election-retry-period');
  const name = values.get('leader-election-lease-name');
  if (name !== '' && !(objectName.test(name) && name.length <= 253)) {
    const bound = 'must be the name of an object: at most 253 of a-z, 0-9, - and ., a letter or digit at both ends';
    problems.push(broken(values, 'leader-election-lease-name', bound));
  }
  if (retry <= 0) problems.push(broken(values, 'leader-election-retry-period', 'must be more than 0s'));
  if (lease <= renew) {
    const bound = `must be more than --leader-election-renew-deadline (${formatDuration(renew)})`;
    problems.push(broken(values, 'leader-election-lease-duration', bound));
  }
  if (renew <= retry * retryJitter) {
    const bound = `must be more than ${retryJitter} times --leader-election-retry-period (${formatDuration(retry)})`;
    problems.push(broken(values, 'leader-election-renew-deadline', bound));
  }
  if (lease < 1_000) {
    problems.push(broken(values, 'leader-election-lease-duration', 'must be 1s or more: a Lease counts in seconds'));
  }
  return problems;
}

function numberRules(values: FlagValues): string[] {
  const problems: string[] = [];
  if (values.get('worker-threads') < 1) problems.push(broken(values, 'worker-threads', 'must be at least 1'));
  const entries = values.get('max-entries');
  if (Math.abs(entries) > largestInt32) {
    problems.push(broken(values, 'max-entries', `must be 0 (no limit) to ${largestInt32}`));
  }
  const burst = values.get('kube-api-burst');
  if (burst !== undefined && burst < 0) problems.push(broken(values, 'kube-api-burst', 'must be 0 (default) or more'));
  return problems;
}

function textRules(values: FlagValues): string[] {
  const problems: string[] = [];
  const format = values.get('logging-format');
  if (format !== 'text' && format !== 'json') problems.push(broken(values, 'logging-format', 'must be text or json'));
  if (!httpChoices.some((known) => known === values.get('kube-http'))) {
    problems.push(
      broken(values, 'kube-http', `must be ${httpChoices.slice(0, -1).join(', ')} or ${httpChoices.at(-1)}`),
    );
  }
  const path = values.get('metrics-path');
  if (!/^\/[^?#\s]*$/.test(path) || /^\/(healthz|livez|readyz)(\/|$)/.test(path)) {
    problems.push(broken(values, 'metrics-path', 'must begin with / and not be a health path'));
  }
  if (values.get('metrics-address') !== '' && values.get('http-endpoint') !== '') {
    const bound = `cannot be set together with --http-endpoint (${JSON.stringify(values.show('http-endpoint'))})`;
    problems.push(broken(values, 'metrics-address', `${bound}: give one of the two`));
  }
  for (const [key, value] of Object.entries(values.get('leader-election-labels'))) {
    if (labelKey.test(key) && labelValue.test(value)) continue;
    problems.push(`--leader-election-labels has ${JSON.stringify(`${key}:${value}`)}: must be a Kubernetes label`);
  }
  return problems;
}

/** A DNS subdomain, as Kubernetes names a Lease. */
const objectName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const labelValue = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;
const labelKey = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;

function gateRules(values: FlagValues): string[] {
  return Object.keys(values.get('feature-gates'))
    .filter((name) => !isFeatureGate(name) && !ignoredGates.has(name))
    .map((name) => {
      const known = Object.keys(featureGates).join(', ');
      return `--feature-gates has the unknown gate ${JSON.stringify(name)}: must be one of ${known}`;
    });
}

/** What is allowed, since the Go attacher takes it too, but hardly meant: each with what it leads to. */
export function valueWarnings(values: FlagValues): string[] {
  const warnings: string[] = [];
  const warn = (name: FlagName, meaning: string): void => {
    warnings.push(`--${name} is ${JSON.stringify(values.show(name))}: ${meaning}`);
  };
  for (const name of ['retry-interval-start', 'retry-interval-max'] as const) {
    if (values.get(name) <= 0) warn(name, 'whatever fails is tried again at once, without backoff; want more than 0s');
  }
  if (values.get('reconcile-sync') <= 0) {
    warn('reconcile-sync', "the driver's volumes are listed again and again without a pause; want more than 0s");
  }
  const resync = values.get('resync');
  if (resync !== 0 && resync < 1_000)
    warn('resync', 'taken as 1s, the shortest there is; want 1s or more, or 0 (never)');
  if (values.get('max-entries') < 0) {
    warn('max-entries', 'passed on to the driver, which may refuse it; want more than 0, or 0 (no limit)');
  }
  const gates = Object.keys(values.get('feature-gates')).filter((name) => ignoredGates.has(name));
  if (gates.length > 0) {
    const whose = 'no effect here: a gate of the API server library that the Go attacher is built with';
    warnings.push(...gates.map((name) => `--feature-gates has ${name}: ${whose}`));
  }
  return warnings;
}

function broken(values: FlagValues, name: FlagName, rule: string): string {
  return `--${name} is ${JSON.stringify(values.show(name))}: ${rule}`;
}

/** Bytes that Linux has room for. */
const longestSocketPath = 107;

/** The path in `--csi-address`: a path as it is, or behind `unix://` or `unix:`. */
export function socketPath(address: string): Parsed<string> {
  const path = /^(?:unix:\/\/(?=\/)|unix:(?!\/\/))?(\/.*|\.{1,2}\/.+)$/s.exec(address)?.[1];
  if (path !== undefined) {
    const bytes = Buffer.byteLength(path);
    if (bytes <= longestSocketPath) return parsed(path);
    const bound = `the path has ${bytes} bytes: a Unix socket's has at most ${longestSocketPath}`;
    return notParsed(`--csi-address is ${JSON.stringify(address)}: ${bound}`);
  }
  const allowed = 'a Unix socket as /path, unix:///path or unix:/path';
  return notParsed(`--csi-address is ${JSON.stringify(address)}: must be ${allowed}`);
}

/** Reads the name of a set of defaults; `where` is the flag or the variable that it stands in. */
export function defaultSet(where: string, name: string): Parsed<(typeof defaultSets)[number]> {
  const found = defaultSets.find((known) => known === name);
  return found ? parsed(found) : notParsed(`${where} is ${JSON.stringify(name)}: must be ${defaultSets.join(' or ')}`);
}
