import { codeName } from '../../csi/errors.ts';
import { isDeleting, nameOf, type Obj, text } from '../api/objects.ts';

import type { VolumeFacts } from './facts.ts';
import { kindOf, ruleIn, secretIn, type ToldFailure, webhookIn } from './failure.ts';
import type { Finding } from './finding.ts';
import { logCommands } from './parts.ts';

/** What an attach or detach failed with, by who can mend it. */
export function failureFinding(
  facts: VolumeFacts,
  attachment: Obj,
  failure: ToldFailure,
  values: Readonly<Record<string, string>>,
): Finding {
  const attacher = text(attachment, 'spec.attacher');
  const logs = logCommands(facts, attacher);
  const common = { verdict: 'act' as const, error: failure };
  switch (kindOf(failure)) {
    case 'webhook': {
      const commands = [
        'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
        'kubectl get validatingadmissionpolicies',
      ];
      const told = { ...values, webhook: webhookIn(failure.message) || '-' };
      return {
        ...common,
        cause: 'webhookDenies',
        waitsFor: 'webhookOwner',
        acts: 'webhookOwner',
        values: told,
        commands,
      };
    }
    case 'permission': {
      const told = { ...values, rule: ruleIn(failure.message) || failure.message };
      const commands = logs;
      return {
        ...common,
        cause: 'permissionMissing',
        waitsFor: 'clusterAdministrator',
        acts: 'clusterAdministrator',
        values: told,
        commands,
      };
    }
    case 'secret': {
      const secret = secretIn(failure.message);
      const [namespace = '', name = ''] = secret.includes('/') ? secret.split('/') : ['', secret];
      const commands = [`kubectl ${namespace === '' ? '' : `-n ${namespace} `}get secret ${name}`];
      return {
        ...common,
        cause: 'secretMissing',
        waitsFor: 'storageAdministrator',
        acts: 'storageAdministrator',
        values: { ...values, secret },
        commands,
      };
    }
    case 'unavailable':
    case 'uncertain':
    case 'final':
      return driverFinding(isDeleting(attachment), failure, values, logs);
    case 'other': {
      const commands = [...logs, `kubectl get volumeattachment ${nameOf(attachment)} -o yaml`];
      return { ...common, cause: 'attacherError', waitsFor: 'attacher', acts: 'attacherOperator', values, commands };
    }
  }
}

function driverFinding(
  detaching: boolean,
  failure: ToldFailure,
  values: Readonly<Record<string, string>>,
  commands: readonly string[],
): Finding {
  const kind = kindOf(failure);
  const code = codeName(failure.code ?? 2);
  const common = { verdict: 'act' as const, waitsFor: 'driver' as const, error: failure, commands };
  if (kind === 'unavailable') {
    const told = { ...values, pod: '-', container: '-', reason: code };
    return { ...common, cause: 'driverDown', acts: 'attacherOperator', values: told };
  }
  const cause = detaching ? 'detachFails' : kind === 'uncertain' ? 'driverUncertain' : 'driverFinal';
  return { ...common, cause, acts: 'storageAdministrator', values: { ...values, code } };
}
