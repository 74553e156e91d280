import { errorText, jsonText, type LogEntry } from './entry.ts';

/**
 * One line, without its end, with component-base's JSON keys: ts (milliseconds), caller, msg, v (not for errors), then
 * the line's own keys, then err. A warning has `"severity":"warning"` besides, since its keys are an information's.
 */
export function formatJson(entry: LogEntry): string {
  const { place, message, fields, error } = entry;
  let line = `{"ts":${entry.timeMs},"caller":${JSON.stringify(`${place}.ts`)},"msg":${JSON.stringify(message)}`;
  if (entry.severity !== 'error') line += `,"v":${entry.level}`;
  if (entry.severity === 'warning') line += ',"severity":"warning"';
  for (const [key, value] of Object.entries(fields)) {
    // The format's own keys win: a field must not be able to hide what the line says.
    if (value === undefined || own.has(key)) continue;
    line += `,${JSON.stringify(key)}:${value instanceof Error ? JSON.stringify(errorText(value)) : jsonText(value)}`;
  }
  return `${line}${error === undefined ? '' : `,"err":${JSON.stringify(error)}`}}`;
}

const own: ReadonlySet<string> = new Set(['ts', 'caller', 'msg', 'v', 'err']);
