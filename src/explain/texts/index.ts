import { en, type TextKey } from './en.ts';
import { zh } from './zh.ts';

export type Language = 'en' | 'zh';

export const catalogues: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { en, zh };

/** Chinese if the environment's locale is (LC_ALL before LC_MESSAGES before LANG), else English. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = [env.LC_ALL, env.LC_MESSAGES, env.LANG].find((value) => value !== undefined && value !== '') ?? '';
  return /^zh(?:[_.-]|$)/i.test(locale) ? 'zh' : 'en';
}

/** The text with its values in it; a value that is missing shows as `-`. */
export function say(language: Language, key: TextKey, values: Readonly<Record<string, string>> = {}): string {
  return catalogues[language][key].replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '-');
}
