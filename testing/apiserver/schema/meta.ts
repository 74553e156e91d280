/** meta/v1: what all objects share. The notation is described in message.ts. */
export const metaMessages: Readonly<Record<string, string>> = {
  'meta.PartialObjectMetadata': '1 metadata?: ObjectMeta',
  'meta.ListMeta': `1 selfLink?: string; 2 resourceVersion?: string; 3 continue?: string;
    4 remainingItemCount?: *int64; 5 shardInfo?: *ShardInfo`,
  'meta.Status': `1 metadata?: ListMeta; 2 status?: string; 3 message?: string; 4 reason?: string;
    5 details?: *StatusDetails; 6 code?: int32`,
  'meta.DeleteOptions': `1 gracePeriodSeconds?: *int64; 2 preconditions?: *Preconditions;
    3 orphanDependents?: *bool; 4 propagationPolicy?: *string; 5 dryRun?: []string;
    6 ignoreStoreReadErrorWithClusterBreakingPotential?: *bool`,
  'meta.ShardInfo': '1 selector: string',
  'meta.StatusDetails': `1 name?: string; 2 group?: string; 3 kind?: string; 6 uid?: string;
    4 causes?: []StatusCause; 5 retryAfterSeconds?: int32`,
  'meta.Preconditions': '1 uid?: *string; 2 resourceVersion?: *string',
  'meta.ObjectMeta': `1 name?: string; 2 generateName?: string; 3 namespace?: string; 4 selfLink?: string;
    5 uid?: string; 6 resourceVersion?: string; 7 generation?: int64; 8 creationTimestamp??: time;
    9 deletionTimestamp?: *time; 10 deletionGracePeriodSeconds?: *int64; 11 labels?: map string;
    12 annotations?: map string; 13 ownerReferences?: []OwnerReference ~merge:uid; 14 finalizers?: []string ~merge;
    17 managedFields?: []ManagedFieldsEntry`,
  'meta.StatusCause': '1 reason?: string; 2 message?: string; 3 field?: string',
  'meta.OwnerReference': `5 apiVersion: string; 1 kind: string; 3 name: string; 4 uid: string; 6 controller?: *bool;
    7 blockOwnerDeletion?: *bool`,
  'meta.ManagedFieldsEntry': `1 manager?: string; 2 operation?: string; 3 apiVersion?: string; 4 time?: *time;
    6 fieldsType?: string; 7 fieldsV1?: *fields; 8 subresource?: string`,
  'meta.LabelSelector': '1 matchLabels?: map string; 2 matchExpressions?: []LabelSelectorRequirement',
  'meta.LabelSelectorRequirement': '1 key: string; 2 operator: string; 3 values?: []string',
  'meta.FieldSelectorRequirement': '1 key: string; 2 operator: string; 3 values?: []string',
};
