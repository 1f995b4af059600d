{{- /* Every object has a fixed name: the sidecars, the webhooks and the certificates know the operator by it. */ -}}

{{- define "stockade.selectorLabels" -}}
app.kubernetes.io/name: stockade
app.kubernetes.io/component: operator
{{- end }}

{{- define "stockade.labels" -}}
{{ include "stockade.selectorLabels" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "stockade.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* The reference of one of the two images: a dict of root and name. */ -}}
{{- define "stockade.image" -}}
{{- with .root.Values.image.registry }}{{ . }}/{{ end }}{{ .name }}:{{ include "stockade.tag" .root }}
{{- end }}

{{- /* Labelled namespaces; never the cluster's own, never ours, or nothing could be started without the operator. */ -}}
{{- define "stockade.namespaceSelector" -}}
matchLabels:
  stockade.dev/mesh: enabled
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values: [kube-system, kube-public, kube-node-lease, {{ .Release.Namespace }}]
{{- end }}
