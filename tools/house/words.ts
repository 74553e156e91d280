import { lineOf, type Problem } from './source.ts';

/** Words that a Kubernetes engineer would have to ask about, each with what to say instead (docs/GLOSSARY.md). */
export const bannedWords: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\bdeletion marks?\b/gi, 'deletionTimestamp'],
  [/\bcall(?:ed|s|ing)? off\b/gi, 'cancel, cancelled'],
  [/\brights\b/gi, 'permissions, or RBAC rules'],
  [/\bbark(?:s|ed|ing)?\b/gi, 'a plain word: tripped, expired'],
  [/\bbur(?:y|ied|ies)\b/gi, 'forget, remove'],
  [/\bjudge(?:s|d|ments?|ments)?\b/gi, 'check, decide, result'],
  [/\bdeeds?\b/gi, 'action'],
  [/\bmoods?\b/gi, 'focus, state'],
  [/sayWhoLetGo/g, 'reportUnhandledRejections'],
  [/\bbeyond all measure\b/gi, 'HPACK integer overflow'],
  [/\bafresh\b/gi, 'again'],
  [/\bvouch(?:es|ed)?\b/gi, 'sign'],
  [/\bAttachmentMemory\b|\battachment memory\b/g, 'assume cache'],
  [/\bFreshReader\b|\bfresh reader\b/g, 'consistent read'],
  [/\bLeaseSight\b|\blease sight\b/gi, 'observed lease'],
  [/\bresource versions\b/gi, 'API versions, or resourceVersions'],
];

/** Names of random streams: a seed draws the same run as before only as long as they stay. */
const stableNames = /fork\((['`])[^'`]*\1\)/g;

/** Where a text uses a banned word, with what to say instead. */
export function wordProblems(path: string, text: string): Problem[] {
  const read = text.replace(stableNames, (name) => ' '.repeat(name.length));
  return bannedWords.flatMap(([word, instead]) =>
    [...read.matchAll(word)].map(({ 0: found, index }) => ({
      path,
      line: lineOf(text, index),
      message: `"${found}" is not a word of the field; say ${instead}`,
    })),
  );
}
