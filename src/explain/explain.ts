import type { ApiReader, Unread } from './api/reader.ts';
import type { LeaderView } from './story/facts.ts';
import { exitCodeOf } from './story/finding.ts';
import { Gatherer } from './story/gather.ts';
import { type Story, storyOf } from './story/story.ts';
import { subjectsOf, type Target } from './story/target.ts';

/** Everything that is told about a target. */
export interface Explanation {
  readonly found: boolean;
  readonly stories: readonly Story[];
  /** Set for a node: volumes on it that are well, and are not told one by one. */
  readonly node: { readonly name: string; readonly wellCount: number } | undefined;
  readonly podWithoutVolumes: string | undefined;
  readonly unread: readonly Unread[];
  /** 0 nothing is wrong, 1 there is no such thing, 3 something is waited for, 4 somebody has to act. */
  readonly exitCode: 0 | 1 | 3 | 4;
}

/** Reads the API and tells the story. Rejects with KubeError if the server cannot be reached. */
export async function explain(options: {
  target: Target;
  namespace: string;
  reader: ApiReader;
  nowMs: number;
  leader?: ReadonlyMap<string, LeaderView>;
}): Promise<Explanation> {
  const { reader, nowMs, leader = new Map() } = options;
  const gatherer = new Gatherer({ reader, nowMs, leader });
  const { found, facts, node, podWithoutVolumes } = await subjectsOf({ ...options, gatherer });
  const all = facts.map(storyOf);
  const stories =
    node === undefined ? all : all.map((story) => onNode(story, node)).filter((story) => story.chapters.length > 0);
  const findings = stories.flatMap(({ chapters }) => chapters.map(({ finding }) => finding));
  return {
    ...{ found, stories, podWithoutVolumes, unread: reader.unread },
    node: node === undefined ? undefined : { name: node, wellCount: all.length - stories.length },
    exitCode: found ? exitCodeOf(findings) : 1,
  };
}

/** What concerns a node and is not well there. */
function onNode(story: Story, node: string): Story {
  const chapters = story.chapters.filter(
    (each) => (each.node === undefined || each.node === node) && each.finding.verdict !== 'ok',
  );
  return { ...story, chapters };
}
