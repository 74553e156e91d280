import type { Explanation } from './explain.ts';
import type { Actor } from './story/finding.ts';
import type { Phrase } from './story/phrase.ts';
import type { Chapter, Story } from './story/story.ts';
import type { TextKey } from './texts/en.ts';
import { type Language, say } from './texts/index.ts';

export interface Style {
  readonly language: Language;
  /** Escape sequences for a terminal; never into a file or a pipe. */
  readonly colour: boolean;
}

const colours = { ok: '\u001b[32m', waiting: '\u001b[33m', act: '\u001b[31m' } as const;
const bold = '\u001b[1m';
const plain = '\u001b[0m';
const signs = { ok: '✓', waiting: '…', act: '✗' } as const;

/** The explanation as a person reads it. */
export function explanationText(explanation: Explanation, style: Style): string {
  const { language } = style;
  const parts = explanation.stories.map((story) => storyText(story, style));
  const { node, podWithoutVolumes } = explanation;
  if (podWithoutVolumes !== undefined) parts.push(say(language, 'story.noVolumes', { pod: podWithoutVolumes }));
  if (node !== undefined && node.wellCount > 0) {
    parts.push(say(language, 'story.wellOnNode', { count: String(node.wellCount), node: node.name }));
  } else if (node !== undefined && parts.length === 0)
    parts.push(say(language, 'story.emptyNode', { node: node.name }));
  if (explanation.unread.length > 0) parts.push(unreadText(explanation, style));
  return `${parts.join('\n\n')}\n`;
}

function storyText(story: Story, style: Style): string {
  const { language, colour } = style;
  const title = (['claim', 'volume', 'driver'] as const)
    .flatMap((key) => {
      const value = story[key];
      return value === undefined ? [] : [say(language, `title.${key}`, { [key]: value })];
    })
    .join(', ');
  const heading = colour ? `${bold}${title}${plain}` : title;
  return [heading, ...story.chapters.map((chapter) => chapterText(chapter, style))].join('\n\n');
}

function chapterText(chapter: Chapter, style: Style): string {
  const { language, colour } = style;
  const { finding } = chapter;
  const told = (phrases: readonly Phrase[]): string[] => phrases.map(({ key, values }) => say(language, key, values));
  const now = `${signs[finding.verdict]} ${say(language, `cause.${finding.cause}`, finding.values)}`;
  const rows: [TextKey, string[]][] = [
    ['label.wanted', told(chapter.wanted)],
    ['label.done', told(chapter.done)],
    ['label.now', [colour ? `${colours[finding.verdict]}${now}${plain}` : now]],
    ['label.error', errorLines(chapter, language)],
  ];
  if (finding.verdict !== 'ok') {
    rows.push(['label.waitsFor', [actorText(finding.waitsFor, language)]]);
    rows.push([
      'label.acts',
      [finding.acts === 'nobody' ? say(language, 'acts.nobody') : actorText(finding.acts, language)],
    ]);
    const next = say(language, `next.${finding.cause}`, finding.values);
    rows.push(['label.next', [next, ...finding.commands.map((command) => `  $ ${command}`)]]);
  }
  const head = chapter.node === undefined ? [] : [say(language, 'title.node', { node: chapter.node })];
  return [...head, ...rows.flatMap(([label, lines]) => row(say(language, label), lines))].join('\n');
}

function errorLines({ finding, codeMeans }: Chapter, language: Language): string[] {
  const { error } = finding;
  if (error === undefined) return [];
  return [
    printable(error.message),
    ...(codeMeans === undefined ? [] : [`= ${say(language, codeMeans.key)}`]),
    ...(error.timedOut ? [say(language, 'note.timedOut')] : []),
  ];
}

function unreadText({ unread }: Explanation, { language }: Style): string {
  const lines = unread.flatMap(({ what, why, rule }) => [
    why === 'forbidden'
      ? say(language, 'note.forbidden', { what })
      : say(language, 'note.failed', { what, why: printable(why) }),
    ...(rule === undefined ? [] : [`  ${say(language, 'note.rule', { rule })}`]),
  ]);
  return row(say(language, 'label.unread'), lines).join('\n');
}

function actorText(actor: Actor, language: Language): string {
  return say(language, `actor.${actor}`);
}

const labelWidth = 11;

function row(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${padded(index === 0 ? label : '')} ${line}`);
}

/** Chinese characters are two columns wide. */
function padded(label: string): string {
  const width = [...label].reduce((sum, character) => sum + (/\p{Script=Han}/u.test(character) ? 2 : 1), 0);
  return label + ' '.repeat(Math.max(0, labelWidth - width));
}

/** Without characters that would do something to a terminal: the text is somebody else's. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');
}

/** The explanation for programs. Texts are in the language that was asked for; `cause`, `verdict`, `waitsFor` and `acts` never change. */
export function explanationJson(explanation: Explanation, language: Language): object {
  const told = (phrases: readonly Phrase[]): string[] => phrases.map(({ key, values }) => say(language, key, values));
  return {
    exitCode: explanation.exitCode,
    stories: explanation.stories.map(({ chapters, ...story }) => ({
      ...story,
      nodes: chapters.map(({ node, wanted, done, finding, codeMeans }) => ({
        ...{ node, wanted: told(wanted), done: told(done) },
        ...{ cause: finding.cause, verdict: finding.verdict, waitsFor: finding.waitsFor, acts: finding.acts },
        text: say(language, `cause.${finding.cause}`, finding.values),
        nextStep: { text: say(language, `next.${finding.cause}`, finding.values), commands: finding.commands },
        error: finding.error && { ...finding.error, meaning: codeMeans && say(language, codeMeans.key) },
      })),
    })),
    unread: explanation.unread,
  };
}
