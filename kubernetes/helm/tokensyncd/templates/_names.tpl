{{- define "tokensyncd.name" -}}
{{- $name := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- .Values.fullnameOverride | default $name | trunc 52 | trimSuffix "-" -}}{{- /* 63 with "-workspaces" */ -}}
{{- end }}

{{- define "tokensyncd.selector" -}}
app.kubernetes.io/name: tokensyncd
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tokensyncd.commonLabels" -}}
{{ include "tokensyncd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "tokensyncd.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "tokensyncd.name" .) "default") -}}
{{- end }}

{{- define "tokensyncd.image" -}}
{{- .Values.image.repository -}}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}
{{- else }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "tokensyncd.settings" -}}
{{- if .Values.settings -}}
{{ toYaml .Values.settings }}
{{- else -}}
{{ .Files.Get (.Values.standalone.enabled | ternary "files/standalone.yaml" "files/in-a-pod.yaml") | trimSuffix "\n"
   | replace "0.0.0.0:9464" (printf "0.0.0.0:%d" (int .Values.port)) }}
{{- end }}
{{- end }}
