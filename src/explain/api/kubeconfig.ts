import type { Files } from '../../base/files.ts';
import type { Environment } from '../../kube/access/access.ts';
import { AccessError } from '../../kube/access/files.ts';
import { asArray, asObject, asString } from '../../kube/codec/values.ts';
import type { Obj } from './objects.ts';

export interface KubeconfigChoice {
  /** `--kubeconfig`. */
  readonly path: string | undefined;
  /** `--context`. */
  readonly context: string | undefined;
}

/** The file to read access from, and files through which it shows what the choice makes of it. */
export interface ChosenKubeconfig {
  /** Undefined: there is none, so we are in a pod or nowhere. */
  readonly path: string | undefined;
  readonly files: Files;
}

/** Values of a kubeconfig that name files, relative to the file that they stand in. */
const fileKeys = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/**
 * As kubectl chooses: `--kubeconfig`; else the files that KUBECONFIG names, taken together, the first to name a thing
 * being right; else `~/.kube/config`; else the pod's account. Throws AccessError.
 */
export async function chooseKubeconfig(
  choice: KubeconfigChoice,
  env: Environment,
  files: Files,
): Promise<ChosenKubeconfig> {
  const given = choice.path !== undefined && choice.path !== '';
  const paths = given ? [choice.path ?? ''] : defaultPaths(env);
  const documents: { path: string; document: Obj }[] = [];
  for (const path of paths) {
    const text = await files.readText(path).catch((error: unknown) => {
      if (given)
        throw new AccessError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    if (text !== undefined && text.trim() !== '') documents.push({ path, document: await parsed(path, text) });
  }
  const [first] = documents;
  if (first === undefined) {
    if (choice.context !== undefined) throw new AccessError(`--context ${choice.context}: there is no kubeconfig`);
    return { path: undefined, files };
  }
  if (documents.length === 1 && choice.context === undefined) return { path: first.path, files };
  const merged = JSON.stringify(mergedDocument(documents, choice.context));
  return {
    path: first.path,
    files: { readText: (path) => (path === first.path ? Promise.resolve(merged) : files.readText(path)) },
  };
}

function defaultPaths(env: Environment): string[] {
  const named = (env.KUBECONFIG ?? '').split(':').filter((path) => path !== '');
  if (named.length > 0) return named;
  return env.HOME === undefined || env.HOME === '' ? [] : [`${env.HOME}/.kube/config`];
}

function mergedDocument(documents: readonly { path: string; document: Obj }[], context: string | undefined): Obj {
  const sections = Object.fromEntries(
    ['contexts', 'clusters', 'users'].map((section) => {
      const byName = new Map<string, unknown>();
      for (const { path, document } of documents) {
        for (const entry of asArray(document[section]).map(asObject)) {
          const name = asString(entry.name);
          if (!byName.has(name)) byName.set(name, resolved(entry, path));
        }
      }
      return [section, [...byName.values()]];
    }),
  );
  const current = documents.map(({ document }) => asString(document['current-context'])).find((name) => name !== '');
  return { ...sections, 'current-context': context ?? current };
}

/** The entry with the files that it names as they are called from anywhere. */
function resolved(entry: Obj, path: string): Obj {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => {
      if (fileKeys.includes(key) && typeof value === 'string' && !value.startsWith('/')) return [key, folder + value];
      if (key === 'cluster' || key === 'user') return [key, resolved(asObject(value), path)];
      return [key, value];
    }),
  );
}

async function parsed(path: string, text: string): Promise<Obj> {
  try {
    const { parse } = await import('yaml');
    return asObject(parse(text));
  } catch (error) {
    // The first line says where; the rest quotes the file, which may hold tokens.
    throw new AccessError(
      `kubeconfig ${path}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    );
  }
}
