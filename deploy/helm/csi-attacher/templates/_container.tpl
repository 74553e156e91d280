{{/*
The attacher's container, as an item of a pod's `containers`. In a chart that has this one as a dependency:

  containers:
    {{- include "csi-attacher.container" (index .Subcharts "csi-attacher") | nindent 8 }}
*/}}
{{- define "csi-attacher.container" -}}
- name: csi-attacher
  image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    {{- include "csi-attacher.args" . | nindent 4 }}
  {{- with .Values.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: metrics
      containerPort: {{ .Values.metrics.port }}
    - name: health
      containerPort: {{ .Values.health.port }}
  {{- /* Fails only when nothing but a restart helps; a driver that is away is no such thing. */}}
  livenessProbe:
    httpGet:
      path: /healthz/leader-election
      port: health
    initialDelaySeconds: 10
    periodSeconds: 20
    timeoutSeconds: 10
  readinessProbe:
    httpGet:
      path: /readyz
      port: health
    periodSeconds: 5
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: {{ .Values.socket.volume }}
      mountPath: {{ .Values.socket.directory }}
{{- end -}}

{{- define "csi-attacher.args" -}}
{{- $election := .Values.leaderElection -}}
- {{ printf "--csi-address=%s/%s" (trimSuffix "/" .Values.socket.directory) .Values.socket.file | quote }}
- {{ printf "--defaults=%s" .Values.defaults }}
- {{ printf "--v=%d" (int .Values.logLevel) }}
- {{ printf "--logging-format=%s" .Values.logFormat }}
- {{ printf "--metrics-addr=:%d" (int .Values.metrics.port) | quote }}
- {{ printf "--health-addr=:%d" (int .Values.health.port) | quote }}
- {{ printf "--leader-election=%t" $election.enabled }}
{{- if $election.enabled }}
- {{ printf "--leader-election-namespace=%s" (include "csi-attacher.leaseNamespace" .) | quote }}
{{- with $election.leaseDuration }}
- {{ printf "--leader-election-lease-duration=%s" . | quote }}
{{- end }}
{{- with $election.renewDeadline }}
- {{ printf "--leader-election-renew-deadline=%s" . | quote }}
{{- end }}
{{- with $election.retryPeriod }}
- {{ printf "--leader-election-retry-period=%s" . | quote }}
{{- end }}
{{- end }}
{{- with .Values.timeout }}
- {{ printf "--timeout=%s" . | quote }}
{{- end }}
{{- with .Values.workerThreads }}
- {{ printf "--worker-threads=%d" (int .) | quote }}
{{- end }}
{{- with .Values.defaultFsType }}
- {{ printf "--default-fstype=%s" . | quote }}
{{- end }}
{{- with .Values.kubeApiQps }}
- {{ printf "--kube-api-qps=%v" . | quote }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* The pod's volume with the driver's socket, for charts that have no such volume yet. */}}
{{- define "csi-attacher.volumes" -}}
- name: {{ .Values.socket.volume }}
  emptyDir: {}
{{- end -}}
