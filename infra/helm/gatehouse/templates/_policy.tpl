{{- define "gatehouse.dns" -}}
- to: {{ toJson .Values.networkPolicy.dnsTo }}
  ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
{{- end -}}

{{- define "gatehouse.postgresPods" -}}
{{- if eq .Values.postgres.mode "cloudnativepg" -}}
{{- dict "matchLabels" (dict "cnpg.io/cluster" (printf "%s-postgres" (include "gatehouse.fullname" .))) | toJson -}}
{{- else -}}
{{- dict "matchLabels" (include "gatehouse.selector" (dict "root" . "component" "postgres") | fromYaml) | toJson -}}
{{- end -}}
{{- end -}}

{{/* The internet, without addresses of private networks. */}}
{{- define "gatehouse.wayOut" -}}
- to:
    - ipBlock: { cidr: 0.0.0.0/0, except: {{ toJson .Values.networkPolicy.wayOut.except }} }
    - ipBlock: { cidr: '::/0', except: {{ toJson .Values.networkPolicy.wayOut.exceptIPv6 }} }
  ports:
    {{- range .Values.networkPolicy.wayOut.ports }}
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
{{- end -}}

{{/* Where the database listens. What the chart installs listens on 5432, whatever postgres.port says. */}}
{{- define "gatehouse.postgresPort" -}}
{{- ternary .Values.postgres.port 5432 (eq .Values.postgres.mode "external") | int -}}
{{- end -}}

{{/* Refuses each rule that would lead the proxy to a database: its own, and those that it shares. */}}
{{- define "gatehouse.noWayToTheDatabase" -}}
{{- $policy := .Values.networkPolicy -}}
{{- $database := include "gatehouse.postgresPort" . | int -}}
{{- $rules := list -}}
{{- range .Values.vmcpProxy.networkPolicy.egress }}{{ range .ports }}{{ $rules = append $rules (dict "at" "vmcpProxy.networkPolicy.egress" "first" .port "last" (default .port .endPort)) }}{{ end }}{{ end -}}
{{- range $policy.collector }}{{ range .ports }}{{ $rules = append $rules (dict "at" "networkPolicy.collector" "first" .port "last" (default .port .endPort)) }}{{ end }}{{ end -}}
{{- range $policy.wayOut.ports }}{{ $rules = append $rules (dict "at" "networkPolicy.wayOut.ports" "first" . "last" .) }}{{ end -}}
{{- if eq .Values.nats.mode "external" }}{{ $rules = append $rules (dict "at" "nats.port" "first" .Values.nats.port "last" .Values.nats.port) }}{{ end -}}
{{- range $rules -}}
{{- if and (le (int .first) $database) (ge (int .last) $database) -}}
{{- fail (printf "%s: port %d is the database's, and the proxy has no way to a database" .at $database) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* One part: who reaches it, and whom it reaches. */}}
{{- define "gatehouse.policy" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $policy := $values.networkPolicy -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "gatehouse.fullname" $root }}-{{ .component }}
  labels: {{- include "gatehouse.labels" (dict "root" $root "component" .component) | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "gatehouse.selector" (dict "root" $root "component" .component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if or .public (and .internal $values.metrics.enabled) }}
  ingress:
    {{- if .public }}
    - ports: [{ port: {{ .public }} }]
      {{- if $policy.publicFrom }}
      from:
        {{- toYaml $policy.publicFrom | nindent 8 }}
        - podSelector: { matchLabels: {{ include "gatehouse.selector" (dict "root" $root "component" "test") | fromYaml | toJson }} }
      {{- end }}
    {{- end }}
    {{- if and .internal $values.metrics.enabled }}
    - ports: [{ port: {{ .internal }} }]
      from: {{ toJson $policy.monitoringFrom }}
    {{- end }}
  {{- end }}
  egress:
    {{- include "gatehouse.dns" $root | nindent 4 }}
    {{- if .nats }}
    - ports: [{ port: {{ ternary 4222 $values.nats.port (eq $values.nats.mode "bundled") }} }]
      {{- if eq $values.nats.mode "bundled" }}
      to: [{ podSelector: { matchLabels: {{ include "gatehouse.selector" (dict "root" $root "component" "nats") | fromYaml | toJson }} } }]
      {{- else if $values.nats.external.to }}
      to: {{ toJson $values.nats.external.to }}
      {{- end }}
    {{- end }}
    {{- if .postgres }}
    - ports: [{ port: {{ include "gatehouse.postgresPort" $root }} }]
      {{- if ne $values.postgres.mode "external" }}
      to: [{ podSelector: {{ include "gatehouse.postgresPods" $root }} }]
      {{- else if $values.postgres.external.to }}
      to: {{ toJson $values.postgres.external.to }}
      {{- end }}
    {{- end }}
    {{- if .out }}
    {{- include "gatehouse.wayOut" $root | nindent 4 }}
    {{- end }}
    {{- if .collector }}
    {{- range $policy.collector }}
    - {{ toJson . }}
    {{- end }}
    {{- end }}
    {{- range .extra }}
    - {{ toJson . }}
    {{- end }}
{{- end -}}
