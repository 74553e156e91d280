import type { Metrics } from '../../base/metrics.ts';
import type { RequestInfo } from './errors.ts';

/** Why a request was sent again, or waited. */
export type RetryReason = 'throttled' | 'unavailable' | 'unauthorized' | 'not_acceptable';
type WaitReason = 'throttled' | 'window' | 'limit';

export interface RequestMetrics {
  /** `code` is the HTTP status, or the kind of failure if there was no answer. */
  answered(request: RequestInfo, code: string): void;
  retried(reason: RetryReason): void;
  waited(reason: WaitReason, milliseconds: number): void;
}

export function createRequestMetrics(metrics: Metrics): RequestMetrics {
  const requests = metrics.counter<'verb' | 'resource' | 'code'>({
    name: 'csi_attacher_api_requests_total',
    help: 'Requests to the API server, by HTTP status or, without an answer, kind of failure.',
    labels: ['verb', 'resource', 'code'],
  });
  const retries = metrics.counter<'reason'>({
    name: 'csi_attacher_api_retries_total',
    help: 'Requests that were sent again because of what the API server answered.',
    labels: ['reason'],
  });
  const waits = metrics.counter<'reason'>({
    name: 'csi_attacher_api_wait_seconds_total',
    help: 'Time that requests waited before they were sent: asked to by the server, for a place, or for --kube-api-qps.',
    labels: ['reason'],
  });
  return {
    answered: ({ verb, resource, subresource }, code) => {
      requests.inc({ verb, resource: subresource === undefined ? resource : `${resource}/${subresource}`, code });
    },
    retried: (reason) => retries.inc({ reason }),
    waited: (reason, milliseconds) => waits.inc({ reason }, milliseconds / 1000),
  };
}
