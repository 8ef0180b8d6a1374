{{- define "gatehouse.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects all pods of this installation. */}}
{{- define "gatehouse.installation" -}}
app.kubernetes.io/name: gatehouse
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* (dict "root" . "component" …): what selects the pods of one part. */}}
{{- define "gatehouse.selector" -}}
{{ include "gatehouse.installation" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "gatehouse.labels" -}}
{{ include "gatehouse.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* (dict "root" . "service" … "digest" …). Without a registry a tag is whatever the default one of a node has by that name: somebody else's, too. */}}
{{- define "gatehouse.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := printf "%s/%s" $image.repository .service -}}
{{- if not (or $image.registry .digest) }}{{ fail (printf "image.registry is missing: where your images are, such as registry.example.org (docker.io, if you mean %s there). Or give each part its digest" $name) }}{{ end -}}
{{- if $image.registry }}{{ $name = printf "%s/%s" $image.registry $name }}{{ end -}}
{{- if .digest }}{{ printf "%s@%s" $name .digest }}{{ else }}{{ printf "%s:%s" $name (default .root.Chart.AppVersion $image.tag) }}{{ end -}}
{{- end -}}

{{/* The configuration, read: for ports, hosts and times only. What the services get is the text as it is. */}}
{{- define "gatehouse.read" -}}
{{- if not .Values.configuration }}{{ fail "configuration is missing: the text of a gatehouse.yaml. `gatehouse helm-values gatehouse.yaml` prints it with everything else" }}{{ end -}}
{{- $read := fromYaml .Values.configuration -}}
{{- if hasKey $read "Error" }}{{ fail (printf "configuration is not YAML: %s" $read.Error) }}{{ end -}}
{{- if not $read.publicUrl }}{{ fail "configuration has no publicUrl: check it with `gatehouse validate`" }}{{ end -}}
{{- toJson $read -}}
{{- end -}}

{{- define "gatehouse.hasAuthorizationServer" -}}
{{- if hasKey (include "gatehouse.read" . | fromJson) "authServer" }}true{{ end -}}
{{- end -}}

{{/* (dict "at" "listen.proxy" "listener" … "port" …): refuses what nobody in the cluster could reach. */}}
{{- define "gatehouse.listener" -}}
{{- $host := default "127.0.0.1" (get .listener "host") -}}
{{- if not (has $host (list "0.0.0.0" "::")) }}{{ fail (printf "configuration: %s.host is %s, which nothing outside of the container reaches. Write %s: { host: 0.0.0.0 } (`gatehouse helm-values` does)" .at $host .at) }}{{ end -}}
{{- int (default .port (get .listener "port")) -}}
{{- end -}}

{{/* Ports of the three services: {proxy, proxyInternal, authorizationServer, authorizationServerInternal, tokenVaultInternal} */}}
{{- define "gatehouse.ports" -}}
{{- $listen := default dict (get (include "gatehouse.read" . | fromJson) "listen") -}}
{{- $ports := dict -}}
{{- range $name, $default := dict "proxy" 4483 "authorizationServer" 4484 -}}
{{- $listener := default dict (get $listen $name) -}}
{{- $port := include "gatehouse.listener" (dict "at" (printf "listen.%s" $name) "listener" $listener "port" $default) | int -}}
{{- $internal := default dict (get $listener "internal") -}}
{{- $_ := set $ports $name $port -}}
{{- $_ := set $ports (printf "%sInternal" $name) (include "gatehouse.listener" (dict "at" (printf "listen.%s.internal" $name) "listener" $internal "port" (add $port 12)) | int) -}}
{{- end -}}
{{- /* `host` and `port` of tokenVault itself are an earlier way to write the same. */ -}}
{{- $written := default dict (get $listen "tokenVault") -}}
{{- $vault := merge (dict) (default dict (get $written "internal")) (pick $written "host" "port") -}}
{{- $_ := set $ports "tokenVaultInternal" (include "gatehouse.listener" (dict "at" "listen.tokenVault.internal" "listener" $vault "port" 4485) | int) -}}
{{- toJson $ports -}}
{{- end -}}

{{/* A duration of gatehouse.yaml in seconds, rounded up. */}}
{{- define "gatehouse.seconds" -}}
{{- $milliseconds := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 -}}
{{- div (add (mul (regexFind "^[0-9]+" . | int64) (get $milliseconds (regexFind "[a-z]+$" .) | int64)) 999) 1000 -}}
{{- end -}}

{{/* What a start may wait for, and as long as a start takes on a busy node: whoever is stopped before says no reason. */}}
{{- define "gatehouse.startSeconds" -}}
{{- $read := include "gatehouse.read" . | fromJson -}}
{{- add (include "gatehouse.seconds" (default "30s" (get $read "startTimeout"))) 90 -}}
{{- end -}}

{{/* Delay and time limit of a stop, and a little more: then the service ends by itself. */}}
{{- define "gatehouse.stopSeconds" -}}
{{- $read := include "gatehouse.read" . | fromJson -}}
{{- $delay := include "gatehouse.seconds" (default "3s" (get $read "shutdownDelay")) | int -}}
{{- $limit := include "gatehouse.seconds" (default "25s" (get $read "shutdownTimeout")) | int -}}
{{- add $delay $limit 5 -}}
{{- end -}}

{{- define "gatehouse.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "gatehouse.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Folders in which files of secrets are mounted: the outermost of each, since a volume cannot lie in another read-only one. */}}
{{- define "gatehouse.folders" -}}
{{- $folders := list "/etc/gatehouse" -}}
{{- $wanted := list -}}
{{- range .files }}{{ $wanted = append $wanted (dir .path) }}{{ end -}}
{{- range (uniq $wanted | sortAlpha) -}}
{{- $folder := . -}}
{{- $inside := false -}}
{{- range $folders }}{{ if hasPrefix (printf "%s/" .) (printf "%s/" $folder) }}{{ $inside = true }}{{ end }}{{ end -}}
{{- if not $inside }}{{ $folders = append $folders $folder }}{{ end -}}
{{- end -}}
{{- toJson $folders -}}
{{- end -}}

{{- define "gatehouse.configurationData" -}}
gatehouse.yaml: {{ .Values.configuration | quote }}
{{- range $name, $text := .Values.configurationFiles }}
{{ $name }}: {{ $text | quote }}
{{- end }}
{{- end -}}

{{/* (dict "root" . "configuration" what it is called here): the ConfigMap that is mounted, this chart's own or the operator's. */}}
{{- define "gatehouse.configMap" -}}
{{- with .root.Values.operator.virtualServer -}}
{{- if $.root.Values.configurationFiles }}{{ fail "configurationFiles do not reach services whose configuration the operator writes: write the policies into the VirtualMCPServer" }}{{ end -}}
{{- if $.root.Values.rollOnConfigurationChange }}{{ fail "rollOnConfigurationChange does not see a configuration that the operator writes: leave it out, and restart the Deployments when a service logs configuration-needs-restart" }}{{ end -}}
{{- printf "%s-gatehouse" . -}}
{{- else -}}
{{- printf "%s-%s" (include "gatehouse.fullname" .root) .configuration -}}
{{- end -}}
{{- end -}}

{{/* (dict "root" . "secrets" … "configuration" what the ConfigMap with the configuration is called here "service" whose files of the operator, if any) */}}
{{- define "gatehouse.volumes" -}}
{{- $root := .root -}}
{{- $service := .service -}}
{{- $files := .secrets.files -}}
{{- $configuration := .configuration -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- range $number, $folder := include "gatehouse.folders" (dict "files" $files) | fromJsonArray }}
- name: folder-{{ $number }}
  projected:
    defaultMode: 0440
    sources:
    {{- if eq $folder "/etc/gatehouse" }}
      - configMap: { name: {{ include "gatehouse.configMap" (dict "root" $root "configuration" $configuration) }} }
      {{- if and $service $root.Values.operator.virtualServer }}
      - secret: { name: {{ printf "%s-gatehouse-%s" $root.Values.operator.virtualServer $service }} }
      {{- end }}
    {{- end }}
    {{- range $files }}
    {{- if hasPrefix (printf "%s/" $folder) .path }}
      - secret:
          name: {{ .secret | quote }}
          items: [{ key: {{ .key | quote }}, path: {{ trimPrefix (printf "%s/" $folder) .path | quote }} }]
    {{- end }}
    {{- end }}
{{- end }}
{{- end -}}

{{- define "gatehouse.volumeMounts" -}}
- { name: tmp, mountPath: /tmp }
{{- range $number, $folder := include "gatehouse.folders" (dict "files" .secrets.files) | fromJsonArray }}
- { name: folder-{{ $number }}, mountPath: {{ $folder }}, readOnly: true }
{{- end }}
{{- end -}}

{{- define "gatehouse.environment" -}}
- { name: GATEHOUSE_CONFIG, value: /etc/gatehouse/gatehouse.yaml }
{{- range .secrets.environment }}
- name: {{ .name }}
  valueFrom: { secretKeyRef: { name: {{ .secret | quote }}, key: {{ .key | quote }} } }
{{- end }}
{{- end -}}

{{- define "gatehouse.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- end -}}

{{/* (dict "url" … "to" "host:port"): where a public address is http on localhost, the way from there (`port=host:port`). Another one is reached by its name. */}}
{{- define "gatehouse.wayTo" -}}
{{- $url := urlParse .url -}}
{{- if and (eq $url.scheme "http") (regexMatch "^(localhost|127\\.0\\.0\\.1)(:[0-9]+)?$" $url.host) -}}
{{- printf "%s=%s" (regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default "80") .to -}}
{{- end -}}
{{- end -}}
