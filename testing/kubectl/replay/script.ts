/** What people do with kubectl, command by command, on one server: each builds on those before it. */
export interface Command {
  /** What the command shows of the server. */
  readonly name: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly exitCode: number;
  /** What is on its standard output, or on standard error if it fails. */
  readonly output: RegExp;
  /** Runs beside the commands after it until the last has ended. */
  readonly stays?: boolean;
}

function done(name: string, args: string, output: RegExp, stdin?: string): Command {
  return { name, args: args.split(' '), exitCode: 0, output, ...(stdin === undefined ? {} : { stdin }) };
}

function refused(name: string, args: string, output: RegExp, stdin?: string): Command {
  return { ...done(name, args, output, stdin), exitCode: 1 };
}

const attachment = `
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: va1}
spec: {attacher: rec.csi, nodeName: n1, source: {persistentVolumeName: pv1}}
`;
const misspelt = attachment.replace('nodeName', 'nodeNam');

const cluster = (label: string): string => `
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv1, labels: {zone: ${label}}}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  csi: {driver: rec.csi, volumeHandle: h1}
---
apiVersion: storage.k8s.io/v1
kind: CSINode
metadata: {name: n1}
spec: {drivers: [{name: rec.csi, nodeID: id-n1, topologyKeys: [zone]}]}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: default}
data: {user: YW5u}
`;

const asList = `
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: {name: n1, labels: {node-role.kubernetes.io/worker: ""}}
`;

const event = `
apiVersion: v1
kind: Event
metadata: {name: n1.1, namespace: default}
involvedObject: {apiVersion: v1, kind: Node, name: n1, uid: n1}
reason: AttachFailed
message: node is full
type: Warning
source: {component: csi-attacher}
`;

const va1 = 'volumeattachment va1';
const changed = (verb: string): RegExp => new RegExp(`^volumeattachment.storage.k8s.io/va1 ${verb}\n$`);

export const script: readonly Command[] = [
  done('shows its version', 'version', /Server Version: v1\.\d+/),
  done('lists what it serves', 'api-resources', /^volumeattachments +storage\.k8s\.io\/v1 +false +VolumeAttachment$/m),
  done('creates an object', 'create -f -', changed('created'), attachment),
  refused('says that an object is there', 'create -f -', /\(AlreadyExists\).* "va1" already exists/, attachment),
  refused('finds a misspelt field', 'create -f -', /strict decoding error: unknown field "spec\.nodeNam"/, misspelt),
  { ...done('shows changes as they come', 'get volumeattachments --watch', /ATTACHED/), stays: true },
  done(
    'applies objects that are new',
    'apply -f -',
    /persistentvolume\/pv1 created\ncsinode.*created\nsecret.*created/,
    cluster('a'),
  ),
  done('applies what has changed', 'apply -f -', /pv1 configured\ncsinode.*unchanged\nsecret.*unchanged/, cluster('b')),
  done('applies a list, after validating it itself', 'apply -f -', /node\/n1 created/, asList),
  done('applies on the server', 'apply --server-side -f -', changed('serverside-applied'), attachment),
  done(
    'shows a table',
    'get volumeattachments',
    /^NAME +ATTACHER +PV +NODE +ATTACHED +AGE\nva1 +rec\.csi +pv1 +n1 +false /,
  ),
  done(
    'shows wide tables of several kinds',
    'get pv,csinodes,nodes -o wide',
    /\/pv1 +1Gi +RWO +Retain [\s\S]*DRIVERS[\s\S]*worker/,
  ),
  done('shows an object', `get ${va1} -o yaml`, /\n {2}source:\n {4}persistentVolumeName: pv1\n/),
  refused('says that an object is not there', 'get volumeattachment nope', /\(NotFound\).*"nope" not found/),
  done('selects by label', 'get pv -l zone=b -o name', /^persistentvolume\/pv1\n$/),
  done('labels', `label ${va1} a=b`, changed('labeled')),
  done('annotates', `annotate ${va1} note=hello`, changed('annotated')),
  done('sends a merge patch', `patch ${va1} --type=merge -p {"metadata":{"finalizers":["a.b/c"]}}`, changed('patched')),
  done(
    'sends a JSON patch',
    `patch ${va1} --type=json -p [{"op":"add","path":"/metadata/finalizers/-","value":"d.e/f"}]`,
    changed('patched'),
  ),
  done('sends a strategic merge patch', `patch ${va1} -p {"metadata":{"finalizers":["g.h/i"]}}`, changed('patched')),
  done('shows one field', `get ${va1} -o jsonpath={.metadata.finalizers}`, /^\["g\.h\/i","a\.b\/c","d\.e\/f"\]$/),
  done(
    'patches the status',
    `patch ${va1} --subresource=status --type=merge -p {"status":{"attached":true}}`,
    changed('patched'),
  ),
  done(
    'waits for a field',
    'wait volumeattachment/va1 --for=jsonpath={.status.attached}=true --timeout=20s',
    changed('condition met'),
  ),
  done('creates an event', 'create -f -', /^event\/n1\.1 created/, event),
  done('describes an object', `describe ${va1}`, /Status:\n {2}Attached: +true\nEvents: +<none>/),
  done('describes an object with its events', 'describe node n1', /Events:[\s\S]*Warning +AttachFailed .*node is full/),
  done('shows events', 'events --for node/n1', /Warning +AttachFailed +Node\/n1 +node is full/),
  done('shows events in a table', 'get events', /Warning +AttachFailed +node\/n1 +node is full/),
  done('describes a volume', 'describe pv pv1', /VolumeHandle: +h1/),
  done('explains a field', 'explain volumeattachments.spec', /attacher\t<string> -required-/),
  done('says that the administrator may', 'auth can-i delete persistentvolumes', /^yes\n$/),
  refused('says that others may not', 'auth can-i delete persistentvolumes --as=somebody', /^no\n/),
  refused(
    'refuses others',
    'get secrets --as=somebody',
    /\(Forbidden\): secrets is forbidden: User "somebody" cannot list/,
  ),
  done('says who asks', 'auth whoami --as=somebody', /Username +somebody\n/),
  done('lists permissions', 'auth can-i --list --as=somebody', /selfsubjectaccessreviews\.authorization\.k8s\.io/),
  done('marks an object with finalizers for deletion', `delete ${va1} --wait=false`, /"va1" deleted/),
  done(
    'takes off the last finalizers',
    `patch ${va1} --type=merge -p {"metadata":{"finalizers":null}}`,
    changed('patched'),
  ),
  done('waits until an object is gone', 'wait volumeattachment/va1 --for=delete --timeout=20s', /^$/),
  done('creates a namespace', 'create namespace ns1', /^namespace\/ns1 created/),
  done('grants permissions', 'create rolebinding rb --clusterrole=cluster-admin --user=somebody -n ns1', /created/),
  done('and they hold', 'auth can-i delete secrets --as=somebody -n ns1', /^yes\n$/),
  done('deletes at once what has no finalizers', 'delete csinode n1', /"n1" deleted/),
];

/** What the command that stays has written in the end. */
export const watched = /^NAME .*\n(va1 +rec\.csi +pv1 +n1 +false .*\n)+(va1 +rec\.csi +pv1 +n1 +true .*\n)+$/;
