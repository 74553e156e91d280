export interface Column {
  title: string;
  align: 'left' | 'right';
}

/** What stands where there is no value. */
export const dash = '–';

/** A table in plain text: columns as wide as their widest cell, two spaces between them, no blanks at line ends. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  return lines.map((line) => formatLine(columns, widths, line)).join('\n');
}

function formatLine(columns: readonly Column[], widths: readonly number[], line: readonly string[]): string {
  const cells = columns.map(({ align }, index) => {
    const cell = line[index] ?? '';
    const width = widths[index] ?? 0;
    return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
  });
  return cells.join('  ').trimEnd();
}

/** A number with a fixed count of digits behind the point, or a dash. */
export function cell(value: number | undefined, digits: number): string {
  return value === undefined ? dash : value.toFixed(digits);
}
