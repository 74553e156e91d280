import { importsOf } from './imports.ts';
import { isTest, type Problem, type Source } from './source.ts';

/** Files that import each other in a circle: none of them can be read, tested or moved without the others. */
export function circleProblems(files: readonly Source[]): Problem[] {
  const imports = new Map<string, string[]>();
  for (const file of files) {
    if (isTest(file.path)) continue;
    const targets = importsOf(file).flatMap(({ file: target }) => (target === undefined ? [] : [target]));
    imports.set(file.path, targets);
  }
  const done = new Set<string>();
  const problems: Problem[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      const circle = [...way.slice(way.indexOf(path)), path].join(' → ');
      problems.push({ path, line: 1, message: `a circle of imports: ${circle}; move what they share below them` });
      return;
    }
    if (done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return problems;
}
