import { type FlagName, featureGates, flags } from './flags.ts';
import { defaultOf, flagRow } from './values.ts';

const names = Object.keys(flags) as FlagName[];
const working = names.filter((name) => flagRow(name).ignored === undefined);
const ignored = names.filter((name) => flagRow(name).ignored !== undefined);

const ignoredGatesNote =
  'The gates of the API server library that the Go attacher takes (AllAlpha, AllBeta, WatchList and so on) are ' +
  'accepted and ignored, each with a warning.';

/** What `--help` prints. */
export function usage(): string {
  const lines = ['Usage: csi-attacher [flags]', '', 'Attaches and detaches volumes of one CSI driver.', '', 'Flags:'];
  for (const name of working) {
    lines.push(`  --${name}${flagRow(name).type.name === '' ? '' : ` ${flagRow(name).type.name}`}`);
    lines.push(...wrapped(`${flagRow(name).help} ${defaultsNote(name)}`.trim(), 8));
  }
  lines.push('', 'Feature gates:');
  for (const [name, { value, help }] of Object.entries(featureGates))
    lines.push(`  ${name}=${value}`, `        ${help}`);
  lines.push(...wrapped(ignoredGatesNote, 2));
  lines.push('', 'Accepted and ignored, each with a warning:');
  lines.push(...wrapped(ignored.map((name) => `--${name}`).join(', '), 2), '');
  return lines.join('\n');
}

function defaultsNote(name: FlagName): string {
  const [documented, upstream] = [shownDefault(name, 'documented'), shownDefault(name, 'upstream')];
  if (documented === upstream) return documented === '' ? '' : `(default ${documented})`;
  return `(default ${documented === '' ? 'none' : documented}; upstream: ${upstream === '' ? 'none' : upstream})`;
}

function shownDefault(name: FlagName, set: 'documented' | 'upstream'): string {
  const flag = flagRow(name);
  if (flag.shown !== undefined) return flag.shown;
  const value = flag.type.show(defaultOf(name, set));
  return typeof value === 'object' ? '' : String(value);
}

function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > 100) {
      lines.push(' '.repeat(indent) + line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, ' '.repeat(indent) + line];
}

/**
 * The flag table for the README.
 * @public tools/flag-table.ts writes it there.
 */
export function flagTable(): string {
  const rows = working.map((name) => {
    const [documented, upstream] = [shownDefault(name, 'documented'), shownDefault(name, 'upstream')];
    return [`\`--${name}\``, cell(documented), documented === upstream ? 'same' : cell(upstream), flagRow(name).help];
  });
  const table = [['flag', 'default', 'with `--defaults=upstream`', 'meaning'], ['---', '---', '---', '---'], ...rows]
    .map((columns) => `| ${columns.map((column) => column.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
  const gates = Object.entries(featureGates).map(([name, { value, help }]) => `\`${name}\` (${value}): ${help}`);
  return [
    table,
    '',
    `Feature gates: ${gates.join('; ')}. ${ignoredGatesNote}`,
    '',
    `Accepted for old manifests and ignored, each with a warning: ${ignored.map((name) => `\`--${name}\``).join(', ')}.`,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text === '' ? 'none' : `\`${text}\``;
}
