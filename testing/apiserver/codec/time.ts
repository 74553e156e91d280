/** Kubernetes' times: RFC 3339 text in JSON, whole seconds (Time) or microseconds (MicroTime). */
export interface KubeTime {
  /** Since the epoch; may be negative. */
  readonly seconds: number;
  /** 0 to 999,999. */
  readonly microseconds: number;
}

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** undefined if the text is not a time. Digits after the microseconds are dropped. */
export function parseTime(text: string): KubeTime | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [, date, clock, fraction = '', zone = 'Z'] = match;
  const milliseconds = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return { seconds: milliseconds / 1000, microseconds: Number(fraction.slice(0, 6).padEnd(6, '0')) };
}

/** As Time is written: `2026-01-02T03:04:05Z`. */
export function formatTime(time: KubeTime): string {
  return `${secondsText(time.seconds)}Z`;
}

/** As MicroTime is written: `2026-01-02T03:04:05.123456Z`. */
export function formatMicroTime(time: KubeTime): string {
  return `${secondsText(time.seconds)}.${String(time.microseconds).padStart(6, '0')}Z`;
}

function secondsText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}
