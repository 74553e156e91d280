/** What the server is asked and what it answers, before either is HTTP. */
import type { Watch, WatchSink } from './storage/watch.ts';

export interface CoreRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array | undefined;
}

export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

export type CoreAnswer =
  | { readonly kind: 'done'; readonly status: number; readonly headers: AnswerHeaders; readonly body: Uint8Array }
  /** 200, and then frames until either side ends it. `open` must be called before the next request is handled. */
  | { readonly kind: 'watch'; readonly headers: AnswerHeaders; readonly open: (sink: WatchSink) => Watch }
  /** Ask `answer` again after that time; it may throw ApiError. */
  | { readonly kind: 'later'; readonly afterMs: number; readonly answer: () => CoreAnswer };

export function done(status: number, contentType: string, body: Uint8Array): CoreAnswer {
  return { kind: 'done', status, headers: { 'content-type': contentType }, body };
}

/** Adds a Warning header for each text. */
export function warningHeaders(answer: CoreAnswer, warnings: readonly string[]): CoreAnswer {
  if (warnings.length === 0 || answer.kind !== 'done') return answer;
  const texts = [...new Set(warnings)].map((warning) => `299 - ${JSON.stringify(warning)}`);
  return { ...answer, headers: { ...answer.headers, warning: texts.length === 1 ? (texts[0] ?? '') : texts } };
}
