import type { Report } from './run.ts';

/** Sums up many runs. */
export class Figures {
  seeds = 0;
  virtualMs = 0;
  events = 0;
  calls = 0;
  /** Faults and actions, by kind. */
  readonly happened = new Map<string, number>();
  readonly #startedMs: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  take(report: Report): void {
    this.seeds++;
    this.virtualMs += report.virtualMs;
    this.events += report.events;
    this.calls += report.calls;
    for (const [kind, count] of Object.entries(report.happened)) {
      this.happened.set(kind, (this.happened.get(kind) ?? 0) + count);
    }
  }

  get line(): string {
    const seconds = (this.#nowMs() - this.#startedMs) / 1000;
    const faults = [...this.happened.values()].reduce((sum, count) => sum + count, 0);
    const hours = this.virtualMs / 3_600_000;
    return [
      `${this.seeds} seeds in ${seconds.toFixed(0)} s (${(this.seeds / seconds).toFixed(1)} a second)`,
      `${hours.toFixed(1)} virtual hours`,
      `${this.events} events`,
      `${faults} faults and actions`,
      `${this.calls} driver calls`,
    ].join(', ');
  }

  /** A line for each kind of fault or action. */
  get table(): string {
    const rows = [...this.happened].sort((a, b) => b[1] - a[1]);
    return rows.map(([kind, count]) => `${String(count).padStart(9)} ${kind}\n`).join('');
  }
}
