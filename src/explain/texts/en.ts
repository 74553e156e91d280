/** What is said in English. `{name}` stands for a value; a test holds the other languages against these keys. */
export const en = {
  'label.wanted': 'Wanted',
  'label.done': 'Done',
  'label.now': 'Now',
  'label.error': 'Error',
  'label.waitsFor': 'Waits for',
  'label.acts': 'Who acts',
  'label.next': 'Next step',
  'label.unread': 'Not read',
  'label.since': '{age} ago',

  'title.claim': 'Claim {claim}',
  'title.volume': 'volume {volume}',
  'title.driver': 'CSI driver {driver}',
  'title.node': 'Node {node}',

  'wanted.pods': 'Pod {pods} is to run on node {node}, so the volume has to be attached there.',
  'wanted.attachment': 'An attachment asks for the volume on node {node} (requested {age} ago).',
  'wanted.detach': 'The volume is to leave node {node} (requested {age} ago).',
  'wanted.nothing': 'No pod asks for this volume on a node.',
  'done.nothing': 'Nothing yet: there is no VolumeAttachment for this node.',
  'done.created': 'Kubernetes has created VolumeAttachment {attachment}, {age} ago.',
  'done.finalizer': 'The attacher has taken it up: its finalizer guards the volume.',
  'done.attached': 'The driver has attached the volume to the node.',
  'done.deleted': 'Its deletion was requested {age} ago.',
  'done.tries': 'It has failed {failures} times in a row; the next try is in {seconds}s.',

  'cause.allWell': 'All is well: the volume is on node {node}, and its pods run.',
  'cause.notWanted': 'All is well: nobody wants volume {volume} on a node, and it is on none.',
  'cause.attachedUnused': 'Volume {volume} is attached to node {node}. No pod waits for it.',
  'cause.claimMissing': 'Pod {pods} uses claim {claim}, and there is no such claim.',
  'cause.claimPending':
    'Claim {claim} has no volume yet ({age}; StorageClass {class}). Nothing can be attached before it has one.',
  'cause.claimLost': 'Claim {claim} names volume {volume}, and that PersistentVolume is gone.',
  'cause.podUnscheduled': 'Pod {pods} has no node yet. A volume is attached only when its pod has one.',
  'cause.notYetMade':
    'Pod {pods} was given node {node} {age} ago. Kubernetes has not created the VolumeAttachment yet.',
  'cause.notMade':
    'Pod {pods} was given node {node} {age} ago, and Kubernetes has still not created a VolumeAttachment. The attacher does nothing before that.',
  'cause.multiAttach':
    'Pod {pods} needs the volume on node {node}, and other pods hold it elsewhere ({holders}). It can be on one node only (Multi-Attach).',
  'cause.multiAttachLeaving':
    'The volume is still attached to {others}; it has to leave there before it can come to node {node}. No pod keeps it there ({holders}).',
  'cause.wrongAttacher':
    'VolumeAttachment {attachment} is for attacher "{attacher}", and the volume belongs to driver "{driver}". No attacher will attach it.',
  'cause.unknownAttacher':
    'VolumeAttachment {attachment} is for attacher "{attacher}", and no driver of that name is known in this cluster.',
  'cause.mixedAttachers':
    'Volume {volume} belongs to driver "{driver}", but it also has attachments for another one: {wrong}. Those will never be attached.',
  'cause.volumeGone': 'PersistentVolume {volume} does not exist any more, so it cannot be attached to node {node}.',
  'cause.volumeDeleting':
    'PersistentVolume {volume} is marked for deletion. Such a volume is not attached to any node again.',
  'cause.nodeGone':
    'Node {node} does not exist any more. Kubernetes gives up its attachments by itself, in about six minutes.',
  'cause.nodeDown':
    'Node {node} does not answer (NotReady), and the volume is still attached to it. Nobody can know whether a pod there is still writing.',
  'cause.nodeOutOfService':
    'Node {node} is marked as out of service. Kubernetes detaches its volumes now, without asking the node.',
  'cause.csiNodeMissing':
    "Node {node} has no CSINode object: its kubelet has not registered any CSI driver, so the attacher does not know the node's id.",
  'cause.driverNotOnNode':
    'Driver "{attacher}" is not registered on node {node}: the driver\'s node plugin does not run there, or has not got ready.',
  'cause.secretMissing': 'The driver needs secret {secret} for this volume, and there is no such secret.',
  'cause.permissionMissing': 'The attacher may not do what it has to: an RBAC rule is missing. The rule: {rule}',
  'cause.webhookDenies': 'An admission webhook or policy does not let the attacher write to the API: {webhook}.',
  'cause.driverDown':
    'The CSI driver of the attacher does not answer ({reason}; pod {pod}, container {container}). Without it nothing is attached or detached.',
  'cause.driverUncertain':
    'The driver has not got it done ({code}). It may still be at it, so the volume counts as possibly attached. The attacher tries again by itself.',
  'cause.driverFinal':
    'The driver refuses to attach the volume to node {node} ({code}). The attacher tries again by itself, but the reason has to be removed.',
  'cause.attacherError': 'The attacher cannot go on with {attachment}.',
  'cause.noLeader':
    'No attacher works for driver "{attacher}": nobody has renewed lease {lease} since {since} ago (last holder: {holder}).',
  'cause.noLease':
    'No attacher has taken up {attachment} ({age}), and there is no lease of an attacher for driver "{attacher}". Either no attacher runs for that driver, or it runs without leader election and is stuck.',
  'cause.behindBacklog':
    'The attacher has not begun with this volume: {ahead} others of driver "{attacher}" wait for the same, and were there first.',
  'cause.attacherSilent': 'An attacher leads, and has not begun with {attachment} in {age}. It shows no error.',
  'cause.callInProgress':
    'The attacher has asked the driver to attach the volume to node {node} (requested {age} ago), and the driver has not answered yet.',
  'cause.detachInProgress':
    'The volume is being detached from node {node} (requested {age} ago). The driver has not confirmed it yet.',
  'cause.detachFails':
    'The driver cannot detach the volume from node {node} ({code}), for {age} by now. Until it can, the volume cannot go to another node.',
  'cause.detachVolumeGone':
    'The PersistentVolume is gone, and attachment {attachment} does not say which volume it was. The attacher cannot tell the driver what to detach.',
  'cause.foreignFinalizer':
    'The attacher is done with {attachment}. It is not gone because somebody else keeps it: {finalizers}.',
  'cause.stillHeld':
    'Volume {volume} is still attached to node {node}, and another node waits for it. Pods that are ending there: {pods}.',
  'cause.kubeletWaits':
    'The volume is attached to node {node}: the attacher is done. Kubelet has to mount it and start pod {pods}.',
  'cause.kubeletFails':
    'The volume is attached to node {node}: the attacher is done. Kubelet cannot mount it for pod {pods}.',
  'cause.unreadable':
    'VolumeAttachments may not be read with this account, so there is no telling whether volume {volume} is attached to node {node}.',

  'next.allWell': 'Nothing.',
  'next.notWanted': 'Nothing.',
  'next.attachedUnused': 'Nothing. Kubernetes detaches a volume that no pod uses.',
  'next.claimMissing': 'Create the claim, or correct its name in the pod.',
  'next.claimPending': 'Read the events of the claim; they come from the provisioner.',
  'next.claimLost':
    'Restore the PersistentVolume from a backup, or make a new claim. The data may still be in the storage system.',
  'next.podUnscheduled': 'Read why the scheduler finds no node.',
  'next.notYetMade': 'Wait a moment, and ask again.',
  'next.notMade': 'See whether kube-controller-manager runs; it creates VolumeAttachments.',
  'next.multiAttach':
    'Decide which pod is to have the volume, and delete the other (or scale its owner down). If this is a rolling update, use the strategy Recreate.',
  'next.multiAttachLeaving': 'Wait. If it lasts, explain the attachment that is still there.',
  'next.wrongAttacher':
    'Delete the attachment if you made it by hand. If not, correct the volume: Kubernetes takes the name from it.',
  'next.unknownAttacher': 'Install that driver, or delete the attachment if its name is a mistake.',
  'next.mixedAttachers':
    'Look at the attachments with the wrong name, make sure that their driver is not using the volume, and delete them.',
  'next.volumeGone': 'Restore the PersistentVolume from a backup, or delete the pod that waits for it.',
  'next.volumeDeleting':
    'A deletion cannot be taken back. Let go of the volume: delete the pod that waits for it, and give it a new claim.',
  'next.nodeGone':
    'Wait. If the attachment is still there after ten minutes, see whether kube-controller-manager runs.',
  'next.nodeDown':
    'Bring the node back. If its machine is switched off for certain, mark it as out of service; never do so for a machine that may still run.',
  'next.nodeOutOfService': 'Wait. Take the taint off when the node is back.',
  'next.csiNodeMissing': 'See why no driver registers on that node.',
  'next.driverNotOnNode': "See whether the driver's node pod runs on that node, and read its log.",
  'next.secretMissing': 'Create the secret, or correct the name in the StorageClass. The attacher goes on by itself.',
  'next.permissionMissing': "Add the rule to the attacher's role. Its log has all that are missing, as YAML to apply.",
  'next.webhookDenies': 'Ask whoever runs that webhook to let the attacher through, or exclude it.',
  'next.driverDown':
    'See why the driver does not run, and read its log. The attacher goes on by itself when it is back.',
  'next.driverUncertain': 'If it lasts, read the log of the driver for this volume.',
  'next.driverFinal': "Read the driver's own words above and remove the reason; its log says more.",
  'next.attacherError': "Read the error above; it names what is missing. The attacher's log says more.",
  'next.noLeader': "See whether the attacher's pod runs, and read its log.",
  'next.noLease': "Find the pod that runs the driver's attacher, and read its log.",
  'next.behindBacklog':
    'Wait, and see whether the number goes down. If not, the driver is slow, or needs more workers (--worker-threads).',
  'next.attacherSilent': "Read the attacher's log.",
  'next.callInProgress': 'Wait. If it takes longer than usual, read the log of the driver.',
  'next.detachInProgress': 'Wait. If it takes longer than usual, read the log of the driver.',
  'next.detachFails': "Read the driver's log. Never remove the finalizer by hand: the volume may still be attached.",
  'next.detachVolumeGone':
    'Detach the volume in the storage system first. Only then remove the finalizer from the attachment.',
  'next.foreignFinalizer': 'Ask the owner of that finalizer. The volume itself is detached.',
  'next.stillHeld': 'Wait until these pods have ended. If one does not, see why.',
  'next.kubeletWaits':
    "If it takes longer than a minute, read the events of the pod and the log of the driver's node pod.",
  'next.kubeletFails': "Read the error above and the log of the driver's node pod on that node.",
  'next.unreadable': 'Ask somebody who may read VolumeAttachments.',

  'actor.nobody': 'nobody',
  'actor.controller': 'the attach/detach controller (in kube-controller-manager)',
  'actor.attacher': 'the attacher',
  'actor.attacherOperator': "whoever runs the CSI driver's controller pod (attacher and driver)",
  'actor.driver': 'the CSI driver',
  'actor.storageAdministrator': 'whoever looks after the storage',
  'actor.clusterAdministrator': 'whoever administers the cluster',
  'actor.kubelet': 'kubelet on the node',
  'actor.nodePlugin': "the CSI driver's node plugin",
  'actor.provisioner': "the provisioner of the claim's StorageClass",
  'actor.scheduler': 'the scheduler',
  'actor.podOwner': 'whoever owns the pods',
  'actor.finalizerOwner': 'the owner of the other finalizer',
  'actor.webhookOwner': 'the owner of the webhook',
  'acts.nobody': 'nobody has to act now',

  'code.1': 'the call was cancelled',
  'code.2': 'the driver gave no reason that it has a code for',
  'code.3': 'the driver finds a mistake in the request: an attribute, a mode, or an id',
  'code.4': 'the driver did not answer in time and may still be at it',
  'code.5': 'the storage system knows no such volume, or no such node',
  'code.6': 'the volume is already there in another way, read-only for one',
  'code.7': 'the storage system does not allow it to the driver',
  'code.8': 'a limit is reached: mostly the node has as many volumes as it can have, or an API quota is used up',
  'code.9': 'the storage system is not in a state for it: mostly the volume is still attached elsewhere',
  'code.10': 'another operation on the volume is under way',
  'code.11': 'a value is out of range',
  'code.12': 'the driver cannot do that',
  'code.13': 'something broke inside the driver or its storage system',
  'code.14': 'the driver, or the storage system behind it, cannot be reached',
  'code.15': 'data is lost or damaged',
  'code.16': "the driver's credentials for the storage system are not accepted",

  'note.timedOut': 'It was given up as too late once, and is still tried.',
  'note.forbidden': '{what}: this account may not read them',
  'note.failed': '{what}: {why}',
  'note.rule': 'the rule: {rule}',
  'story.noVolumes': 'Pod {pod} uses no claim, so no volume is attached for it.',
  'story.emptyNode': 'No volume has to do with node {node}.',
  'story.wellOnNode': '{count} volumes on node {node} are well.',
  'error.notFound':
    'there is no {name}. What can be explained: pod/NAME, pvc/NAME, pv/NAME, node/NAME, volumeattachment/NAME (namespace: {namespace}; -n chooses another)',
  'error.unread': '{name} cannot be read: {why}',
} as const;

export type TextKey = keyof typeof en;
