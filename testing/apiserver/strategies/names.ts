import { type Cause, field } from '../errors.ts';
import { isObject, type JsonObject, type Metadata } from '../object.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const namePartRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with a name, in Kubernetes' words; empty if nothing is. */
export type NameRule = (name: string) => readonly string[];

export const isSubdomain: NameRule = (name) => {
  const wrong: string[] = [];
  if (name.length > 253) wrong.push('must be no more than 253 bytes');
  if (!subdomain.test(name)) wrong.push(subdomainRule);
  return wrong;
};

export const isLabel: NameRule = (name) => {
  const wrong: string[] = [];
  if (name.length > 63) wrong.push('must be no more than 63 bytes');
  if (!label.test(name)) wrong.push(labelRule);
  return wrong;
};

/** RBAC's names may hold anything that fits between two slashes. */
export const isPathSegment: NameRule = (name) => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((bad) => name.includes(bad)).map((bad) => `may not contain '${bad}'`);
};

/** `prefix/name`, as finalizers and the keys of labels and annotations are. */
export const isQualifiedName: NameRule = (name) => {
  const parts = name.split('/');
  const wrong: string[] = [];
  if (parts.length > 2) return [`a qualified name ${namePartRule} with an optional DNS subdomain prefix and '/'`];
  const [last, prefix] = parts.reverse();
  if (prefix !== undefined) {
    if (prefix === '') wrong.push('prefix part must be non-empty');
    else wrong.push(...isSubdomain(prefix).map((rule) => `prefix part ${rule}`));
  }
  if (last === undefined || last === '') wrong.push('name part must be non-empty');
  else if (last.length > 63) wrong.push('name part must be no more than 63 bytes');
  if (last !== undefined && !namePart.test(last)) wrong.push(namePartRule);
  return wrong;
};

/** The checks that every object goes through, whatever its kind. */
export function metadataErrors(metadata: Metadata, nameRule: NameRule): Cause[] {
  const causes: Cause[] = [];
  if (metadata.name === '') causes.push(field.required('metadata.name', 'name or generateName is required'));
  else for (const rule of nameRule(metadata.name)) causes.push(field.invalid('metadata.name', metadata.name, rule));
  causes.push(...keyErrors('metadata.labels', metadata.labels), ...labelValueErrors(metadata.labels));
  causes.push(...keyErrors('metadata.annotations', metadata.annotations));
  causes.push(...finalizerNameErrors(metadata));
  return causes;
}

/** Finalizers must be qualified names. */
export function finalizerNameErrors(metadata: Metadata): Cause[] {
  return (metadata.finalizers ?? []).flatMap((finalizer) =>
    isQualifiedName(finalizer).map((rule) => field.invalid('metadata.finalizers', finalizer, rule)),
  );
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Finalizers must say who owns them, except a few old ones. */
export function finalizerOwnerErrors(metadata: Metadata): Cause[] {
  const causes: Cause[] = [];
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    if (finalizer.includes('/') || standardFinalizers.includes(finalizer)) continue;
    const rule = 'name is neither a standard finalizer name nor is it fully qualified';
    causes.push(field.invalid(`metadata.finalizers[${index}]`, finalizer, rule));
  }
  return causes;
}

function keyErrors(path: string, map: JsonObject | undefined): Cause[] {
  if (!isObject(map)) return [];
  return Object.keys(map).flatMap((key) =>
    isQualifiedName(key.toLowerCase()).map((rule) => field.invalid(path, key, rule)),
  );
}

function labelValueErrors(labels: Record<string, string> | undefined): Cause[] {
  return Object.values(labels ?? {})
    .filter((value) => value !== '' && (value.length > 63 || !namePart.test(value)))
    .map((value) => field.invalid('metadata.labels', value, labelValueRule));
}
