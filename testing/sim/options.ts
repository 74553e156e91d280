import type { ServerFeatures } from '../apiserver/features.ts';
import type { FaultRates } from '../csi-driver/faults.ts';
import type { Capability } from '../csi-driver/settings.ts';
import type { ApiRates } from './cluster/api-faults.ts';
import type { ScriptItem } from './script.ts';

/**
 * How much goes wrong at all. `quiet`: nothing. `people`: what people do, and what drivers refuse.
 * `driver`: only the driver fails, in every way.
 */
export type Focus = 'quiet' | 'people' | 'driver' | 'everything';

/**
 * All that a run depends on, beside the code. A seed draws it; the shrinker makes it smaller; it can be written as JSON
 * and read back.
 */
export interface SimOptions {
  seed: number;
  focus: Focus;
  /** Replicas of the attacher. More than one only with leader election. */
  attachers: number;
  leaderElection: boolean;
  /** API servers, each with caches of its own. */
  frontends: number;
  nodes: number;
  volumes: number;
  /** How long things go wrong, in virtual milliseconds. */
  chaosMs: number;
  /** How long all may take to come to rest after that. */
  settleMs: number;
  /** The attachers' command line. */
  flags: readonly string[];
  clock: ClockOptions;
  api: ApiOptions;
  driver: DriverOptions;
  weather: Weather;
  /** Single faults of requests and watches that may happen at most. */
  faultBudget: number;
  /** What people, machines and processes do, in order of time. */
  script: readonly ScriptItem[];
  /** At the end everything is detached and deleted, and nothing may be left. */
  teardown: boolean;
}

export interface ClockOptions {
  /** Wall clocks are off by up to this, in milliseconds. */
  skewMs: number;
  /** All clocks run fast or slow by up to this share. */
  drift: number;
  /** Timers fire late by up to this, in milliseconds. */
  latenessMs: number;
}

interface ApiOptions {
  rates: ApiRates;
  /** One way, in milliseconds: least and most. */
  latencyMs: readonly [number, number];
  /** Events that a watch can go back by. */
  historyLimit: number;
  features: Partial<ServerFeatures>;
}

export interface DriverOptions {
  capabilities: readonly Capability[];
  publish: FaultRates;
  unpublish: FaultRates;
  other: FaultRates;
  /** Share of calls that take long to reach the driver. */
  slowTransit: number;
  afterDeadline: 'finish' | 'stop';
  listStaleMs: number;
  listPageSize: number;
  maxPublishedPerNode: number;
}

/** Faults come in windows of time: calm ones without any, and others. */
interface Weather {
  windowMs: number;
  /** Share of calm windows. */
  calm: number;
}
