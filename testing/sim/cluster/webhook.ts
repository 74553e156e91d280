import { attacherUser } from '../../apiserver/attacher-role.ts';
import { type Meddling, meddle, type UserAdmission } from '../../apiserver/writes/admission.ts';
import { type WrittenField, writtenFields } from '../../support/attacher/written-fields.ts';
import { ourFinalizer } from './cluster.ts';

const fields = writtenFields(ourFinalizer);

/** A webhook that changes one field, by its number in written-fields.ts, of all that attachers write. */
export function webhook(field: number, how: Meddling): UserAdmission {
  const meddled = fields[field % fields.length] as WrittenField;
  return (object, old, user) =>
    user === attacherUser && object.kind === meddled.kind ? meddle(object, old, meddled, how) : object;
}
