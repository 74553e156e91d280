import { readFileSync } from 'node:fs';

/** One step of testing/recordings/: what a real API server was asked, and what it answered. */
export interface RecordedStep {
  name: string;
  request: { method: string; path: string; as?: string; accept?: string; contentType?: string; body?: unknown };
  response: {
    status: number;
    contentType: string;
    /** The Warning header. */
    warning?: string;
    /** Parsed JSON. */
    body?: unknown;
    text?: string;
    /** The events of a JSON watch, parsed. */
    lines?: unknown[];
    bodyBase64?: string;
  };
}

export function recordedSteps(file: string): RecordedStep[] {
  const path = new URL(`../recordings/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as RecordedStep[];
}

export function recordedStep(file: string, name: string): RecordedStep {
  const step = recordedSteps(file).find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`${file}.json has no step ${JSON.stringify(name)}`);
  return step;
}

/** The answer of a step as bytes: what was recorded for protobuf, JSON text for the rest. */
export function recordedBytes(step: RecordedStep): Buffer {
  const { bodyBase64, text, body, lines } = step.response;
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64');
  if (text !== undefined) return Buffer.from(text);
  if (lines !== undefined) return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return Buffer.from(JSON.stringify(body));
}
