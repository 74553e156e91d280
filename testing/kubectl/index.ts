/** What the embedded API server needs to serve a person with kubectl. */
import type { Extension } from '../apiserver/extension.ts';
import { Applier } from './apply.ts';
import { answerOpenApi } from './openapi/openapi.ts';
import { tableOf } from './tables/tables.ts';

/** For one server. */
export function forKubectl(): Extension {
  return { document: answerOpenApi, table: tableOf, apply: new Applier() };
}
