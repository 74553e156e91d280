import { asObject, type JsonObject } from '../codec/values.ts';
import { AccessError } from './files.ts';

export function kubeconfigError(path: string, message: string, cause?: unknown): AccessError {
  return new AccessError(`kubeconfig ${path}: ${message}`, { cause });
}

/** What a kubeconfig's text holds. Throws AccessError. */
export async function parseKubeconfig(path: string, text: string): Promise<JsonObject> {
  let document: unknown;
  try {
    document = parseJson(text) ?? (await parseYaml(text));
  } catch (error) {
    // The first line says what and where; the rest quotes the file, which may hold tokens.
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw kubeconfigError(path, `not YAML: ${reason}`);
  }
  if (typeof document !== 'object' || document === null) throw kubeconfigError(path, 'not a kubeconfig');
  return asObject(document);
}

/** JSON is YAML too, and reading it takes nothing that stays. Undefined if it is none, or wrong: YAML then says where. */
function parseJson(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Loads the parser, a MiB that stays. */
async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(text, { merge: true });
}

/**
 * A text in a kubeconfig; empty if it is not there. YAML reads 123 and true as something else, which kubectl refuses
 * too: taken for absent, such a token would mean nobody in particular. Throws a reason that leads to `key`.
 */
export function textOf(section: JsonObject, key: string): string {
  const value = section[key];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  const isScalar = typeof value !== 'object';
  throw new Error(`${key} is ${isScalar ? `a ${typeof value}, not a text: put it in quotes` : 'not a text'}`);
}

/** A truth in a kubeconfig; false if it is not there. Throws a reason that leads to `key`. */
export function truthOf(section: JsonObject, key: string): boolean {
  const value = section[key];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw new Error(`${key} must be true or false, without quotes`);
}
