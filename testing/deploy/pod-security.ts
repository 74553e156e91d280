/** The restricted profile of the Pod Security Standards, as kubernetes.io documents it (fields of Linux pods). */

interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  capabilities?: { add?: string[]; drop?: string[] };
  seccompProfile?: { type: string };
  appArmorProfile?: { type: string };
  procMount?: string;
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  windowsOptions?: { hostProcess?: boolean };
  sysctls?: { name: string }[];
}

export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
  ports?: { name?: string; containerPort: number; hostPort?: number }[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  volumeMounts?: { name: string; mountPath: string }[];
  securityContext?: SecurityContext;
}

export interface Probe {
  httpGet?: { host?: string; path: string; port: string | number };
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: ({ name: string } & Record<string, unknown>)[];
  securityContext?: SecurityContext;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  serviceAccountName?: string;
}

const volumeTypes = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected'],
  'secret',
];
const selinuxTypes = [undefined, '', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const safeSysctls = [
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start'],
  ...['net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports'],
  ...['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl'],
  ...['net.ipv4.tcp_keepalive_probes', 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'],
];

/** A line for each rule that the pod breaks, beginning with `pod:` or the container's name; none if it may run. */
export function restrictedProblems(pod: PodSpec): string[] {
  const found = podProblems(pod).map((problem) => `pod: ${problem}`);
  for (const container of [...(pod.initContainers ?? []), ...pod.containers])
    found.push(...containerProblems(container, pod).map((problem) => `${container.name}: ${problem}`));
  return found;
}

function podProblems(pod: PodSpec): string[] {
  const found: string[] = [];
  for (const name of ['hostNetwork', 'hostPID', 'hostIPC'] as const) if (pod[name] === true) found.push(name);
  for (const { name, ...source } of pod.volumes ?? [])
    for (const type of Object.keys(source)) if (!volumeTypes.includes(type)) found.push(`volume ${name} is a ${type}`);
  for (const { name } of pod.securityContext?.sysctls ?? [])
    if (!safeSysctls.includes(name)) found.push(`sysctl ${name}`);
  found.push(...optionProblems(pod.securityContext ?? {}));
  if (pod.securityContext?.runAsUser === 0) found.push('runAsUser is 0');
  return found;
}

function containerProblems({ securityContext: own = {}, ports, ...probes }: Container, pod: PodSpec): string[] {
  const found = optionProblems(own);
  const whole = pod.securityContext ?? {};
  if (own.privileged === true) found.push('privileged');
  if (own.allowPrivilegeEscalation !== false) found.push('allowPrivilegeEscalation is not false');
  if ((own.runAsNonRoot ?? whole.runAsNonRoot) !== true) found.push('runAsNonRoot is not true');
  if (own.runAsUser === 0) found.push('runAsUser is 0');
  const seccomp = (own.seccompProfile ?? whole.seccompProfile)?.type;
  if (seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost') found.push(`seccompProfile is ${seccomp}`);
  if (own.capabilities?.drop?.includes('ALL') !== true) found.push('does not drop ALL capabilities');
  for (const added of own.capabilities?.add ?? []) if (added !== 'NET_BIND_SERVICE') found.push(`adds ${added}`);
  if (own.procMount !== undefined && own.procMount !== 'Default') found.push(`procMount is ${own.procMount}`);
  if (ports?.some(({ hostPort }) => hostPort) === true) found.push('hostPort');
  for (const probe of [probes.livenessProbe, probes.readinessProbe])
    if (probe?.httpGet?.host) found.push('a probe names a host');
  return found;
}

/** What is wrong on a pod and on a container alike. */
function optionProblems(context: SecurityContext): string[] {
  const found: string[] = [];
  const { seLinuxOptions: selinux, appArmorProfile } = context;
  if (context.windowsOptions?.hostProcess === true) found.push('hostProcess');
  if (!selinuxTypes.includes(selinux?.type) || selinux?.user || selinux?.role) found.push('seLinuxOptions');
  if (appArmorProfile?.type === 'Unconfined') found.push('appArmorProfile is Unconfined');
  return found;
}
