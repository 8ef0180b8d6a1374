{{- define "operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "operator.selector" -}}
app.kubernetes.io/name: gatehouse-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Without a registry a tag is whatever the default one of a node has by that name: somebody else's, too. */}}
{{- define "operator.image" -}}
{{- $image := .Values.image -}}
{{- $name := printf "%s/operator" $image.repository -}}
{{- if not (or $image.registry $image.digest) }}{{ fail (printf "image.registry is missing: where your images are, such as registry.example.org (docker.io, if you mean %s there). Or give image.digest" $name) }}{{ end -}}
{{- if $image.registry }}{{ $name = printf "%s/%s" $image.registry $name }}{{ end -}}
{{- if $image.digest }}{{ printf "%s@%s" $name $image.digest }}{{ else }}{{ printf "%s:%s" $name (default .Chart.AppVersion $image.tag) }}{{ end -}}
{{- end -}}

{{/* Names of the Secrets that the operator writes. */}}
{{- define "operator.writtenSecrets" -}}
{{- $names := list -}}
{{- range .Values.gateways }}{{ $gateway := . }}
{{- range list "authorization-server" "token-vault" "vmcp-proxy" }}{{ $names = append $names (printf "%s-gatehouse-%s" $gateway .) }}{{ end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{- define "operator.writtenConfigMaps" -}}
{{- $names := list -}}
{{- range .Values.gateways }}{{ $names = append $names (printf "%s-gatehouse" .) }}{{ end -}}
{{- toJson $names -}}
{{- end -}}
