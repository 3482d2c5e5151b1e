{{/* What all objects of a release begin with: `hubwire`, or `<release>-hubwire`. */}}
{{- define "hubwire.name" -}}
{{- if contains "hubwire" .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-hubwire" (.Release.Name | trunc 32 | trimSuffix "-") }}
{{- end -}}
{{- end -}}

{{/* Labels that never change: what Deployments and Services select by. Takes the component. */}}
{{- define "hubwire.selector" -}}
app.kubernetes.io/name: hubwire
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "hubwire.labels" -}}
{{ include "hubwire.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end -}}
