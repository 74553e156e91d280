import { AccessMode } from '../../csi/messages.ts';
import { OperationError } from '../state/operation-error.ts';

/**
 * The one CSI access mode for a volume's Kubernetes access modes (CSI spec 1.5 and later). `singleNodeMultiWriter` is
 * the driver's capability of that name. Throws OperationError for a combination that has no CSI mode.
 */
export function accessMode(modes: readonly string[], singleNodeMultiWriter: boolean): AccessMode {
  const has = (mode: string): boolean => modes.includes(mode);
  const known = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];
  const unknown = modes.find((mode) => !known.includes(mode));
  if (unknown !== undefined) throw invalid(modes, `"${unknown}" is not one of ${known.join(', ')}`);
  if (modes.length === 0) throw invalid(modes, `at least one of ${known.join(', ')} is needed`);
  if (has('ReadWriteOncePod')) {
    if (modes.some((mode) => mode !== 'ReadWriteOncePod')) {
      throw invalid(modes, 'ReadWriteOncePod cannot be combined with another mode');
    }
    return singleNodeMultiWriter ? AccessMode.SINGLE_NODE_SINGLE_WRITER : AccessMode.SINGLE_NODE_WRITER;
  }
  if (has('ReadWriteMany')) return AccessMode.MULTI_NODE_MULTI_WRITER;
  if (has('ReadOnlyMany') && has('ReadWriteOnce')) {
    throw invalid(modes, 'CSI has no mode for ReadOnlyMany together with ReadWriteOnce');
  }
  if (has('ReadOnlyMany')) return AccessMode.MULTI_NODE_READER_ONLY;
  return singleNodeMultiWriter ? AccessMode.SINGLE_NODE_MULTI_WRITER : AccessMode.SINGLE_NODE_WRITER;
}

function invalid(modes: readonly string[], why: string): OperationError {
  return new OperationError('InvalidAccessMode', `access modes [${modes.join(', ')}] cannot be published: ${why}`);
}
