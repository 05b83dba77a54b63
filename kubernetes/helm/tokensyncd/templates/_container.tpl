{{- /*
Templates for a chart of yours that depends on this one. Call them with the dependency's own scope:
`include "tokensyncd.sidecar" .Subcharts.tokensyncd`.
*/ -}}

{{- /* Labels of a pod with a sidecar: the PodMonitor finds it by them. */ -}}
{{- define "tokensyncd.podLabels" -}}
tokensyncd: sidecar
{{- end }}

{{- /* Annotations of a pod: changed settings replace it; changed workspaces don't, because the daemon loads them. */ -}}
{{- define "tokensyncd.podAnnotations" -}}
checksum/tokensyncd: {{ include "tokensyncd.settings" . | sha256sum }}
{{- end }}

{{- /* An entry of initContainers. It keeps running, and ends after the application. */ -}}
{{- define "tokensyncd.sidecar" -}}
{{- if semverCompare "<1.29-0" .Capabilities.KubeVersion.Version }}
{{- fail "tokensyncd.sidecar needs Kubernetes 1.29; for an older one use tokensyncd.init and a container of your own" }}
{{- end -}}
- {{ include "tokensyncd.inAPod" . | nindent 2 | trim }}
  restartPolicy: Always
  args: [run]
  {{- include "tokensyncd.port" . | nindent 2 }}
  # The application starts when this probe succeeds: each required workspace has its file.
  # 480 × 1 s = 8 min, because the daemon retries sooner than Kubernetes restarts a container.
  startupProbe:
    httpGet: {path: /startupz, port: tokensyncd}
    periodSeconds: 1
    failureThreshold: 480
{{- end }}

{{- /* An entry of initContainers. It delivers the tokens once. */ -}}
{{- define "tokensyncd.init" -}}
- {{ include "tokensyncd.inAPod" . | nindent 2 | trim }}
  args: [once, --timeout, 2m]
{{- end }}

{{- /* Entries of volumes. Your container mounts timelines-tokens, read only. */ -}}
{{- define "tokensyncd.volumes" -}}
- name: tokensyncd-config
  projected:
    defaultMode: 0444
    sources:
      {{- include "tokensyncd.configSources" . | nindent 6 }}
- name: tokensyncd-run
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: timelines-tokens
  emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- end }}

{{- /* The templates below are for this chart alone. */ -}}

{{- define "tokensyncd.inAPod" -}}
{{- if .Values.standalone.enabled }}
{{- fail "a pod of yours can't have the container of a standalone tokensyncd: set its value standalone.enabled to false" }}
{{- end -}}
{{ include "tokensyncd.container" . }}
securityContext:
  runAsUser: 65532
  runAsGroup: 65532
  runAsNonRoot: true
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
volumeMounts:
  - {name: tokensyncd-config, mountPath: /etc/tokensyncd, readOnly: true}
  - {name: tokensyncd-run, mountPath: /run/tokensyncd}
  - {name: timelines-tokens, mountPath: /run/timelines}
{{- end }}

{{- define "tokensyncd.container" -}}
name: tokensyncd
image: {{ include "tokensyncd.image" . | quote }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
terminationMessagePolicy: FallbackToLogsOnError
env:
  - name: PARTNER_ID
    valueFrom: {secretKeyRef: {name: {{ .Values.partnerSecretName | quote }}, key: partner-id}}
resources:
  {{- if .Values.resources }}
  {{- toYaml .Values.resources | nindent 2 }}
  {{- else }}
  requests: {cpu: 10m, memory: 32Mi}
  limits: {memory: {{ .Values.standalone.enabled | ternary "128Mi" "64Mi" }}}
  {{- end }}
{{- end }}

{{- define "tokensyncd.port" -}}
ports:
  - {name: tokensyncd, containerPort: {{ .Values.port }}}
  {{- if and .Values.standalone.enabled .Values.extraPorts }}
  {{- toYaml .Values.extraPorts | nindent 2 }}
  {{- end }}
livenessProbe:
  httpGet: {path: /livez, port: tokensyncd}
{{- end }}

{{- define "tokensyncd.configSources" -}}
- configMap: {name: {{ include "tokensyncd.name" . | quote }}}
- configMap: {name: {{ include "tokensyncd.name" . }}-workspaces}
- secret:
    name: {{ .Values.partnerSecretName | quote }}
    items: [{key: partner-secret, path: partner-secret}]
{{- with .Values.extraConfig }}
{{ toYaml . }}
{{- end }}
{{- end }}
