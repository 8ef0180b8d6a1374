{{/* (dict "root" . "component" … "values" … "public" port or 0 "internal" port): one service. */}}
{{- define "gatehouse.deployment" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $name := printf "%s-%s" (include "gatehouse.fullname" $root) .component -}}
{{- $part := dict "root" $root "component" .component -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels: {{- include "gatehouse.labels" $part | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels: {{- include "gatehouse.labels" $part | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A new replica has to be ready before an old one is asked to stop.
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector:
    matchLabels: {{- include "gatehouse.selector" $part | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "gatehouse.labels" $part | nindent 8 }}
        {{- with $values.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .component }}
        {{- if $root.Values.rollOnConfigurationChange }}
        checksum/configuration: {{ toJson (list $root.Values.configuration $root.Values.configurationFiles) | sha256sum }}
        {{- end }}
        {{- with $values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: {{ default false $values.serviceAccountToken }}
      enableServiceLinks: false
      {{- include "gatehouse.pullSecrets" $root | nindent 6 }}
      # shutdownDelay and shutdownTimeout of the configuration, and five seconds.
      terminationGracePeriodSeconds: {{ include "gatehouse.stopSeconds" $root }}
      securityContext: {{- include "gatehouse.podSecurity" (dict "user" 1000) | nindent 8 }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector: {{ toJson . }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations: {{ toJson . }}
      {{- end }}
      {{- with $values.affinity }}
      affinity: {{ toJson . }}
      {{- end }}
      {{- with $root.Values.topologySpread }}
      topologySpreadConstraints:
        {{- range . }}
        - maxSkew: 1
          topologyKey: {{ .topologyKey }}
          whenUnsatisfiable: {{ .whenUnsatisfiable }}
          labelSelector: { matchLabels: {{ include "gatehouse.selector" $part | fromYaml | toJson }} }
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "gatehouse.image" (dict "root" $root "service" .component "digest" $values.digest) | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          securityContext: {{- include "gatehouse.containerSecurity" . | nindent 12 }}
          env:
            {{- include "gatehouse.environment" (dict "secrets" $values.secrets) | nindent 12 }}
            {{- with $values.extraEnv }}{{ toYaml . | nindent 12 }}{{ end }}
          ports:
            {{- if .public }}
            - { name: public, containerPort: {{ .public }} }
            {{- end }}
            - { name: internal, containerPort: {{ .internal }} }
          # It waits for its database and its bus by itself (startTimeout), and ends when they do not come.
          startupProbe:
            httpGet: { path: /healthz, port: internal }
            periodSeconds: 1
            timeoutSeconds: 3
            failureThreshold: {{ include "gatehouse.startSeconds" $root }}
          livenessProbe:
            httpGet: { path: /healthz, port: internal }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: { path: /readyz, port: internal }
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 2
          resources: {{ toJson $values.resources }}
          volumeMounts: {{- include "gatehouse.volumeMounts" (dict "secrets" $values.secrets) | nindent 12 }}
      volumes: {{- include "gatehouse.volumes" (dict "root" $root "secrets" $values.secrets "configuration" "configuration" "service" .component) | nindent 8 }}
{{- if .public }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {{- include "gatehouse.labels" $part | nindent 4 }}
  annotations: {{ toJson $root.Values.service.annotations }}
spec:
  type: {{ $root.Values.service.type }}
  selector: {{- include "gatehouse.selector" $part | nindent 4 }}
  ports:
    - { name: http, port: {{ .public }}, targetPort: public, appProtocol: http }
{{- end }}
{{- if $root.Values.metrics.enabled }}
---
# For scraping alone: it has no address, and what it names is reached by the monitoring alone (NetworkPolicy).
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}-internal
  labels:
    {{- include "gatehouse.labels" $part | nindent 4 }}
    gatehouse.dev/scrape: 'true'
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {{- include "gatehouse.selector" $part | nindent 4 }}
  ports:
    - { name: internal, port: {{ .internal }}, targetPort: internal }
{{- end }}
{{- if $values.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels: {{- include "gatehouse.labels" $part | nindent 4 }}
spec:
  maxUnavailable: {{ $values.podDisruptionBudget.maxUnavailable }}
  # A replica that cannot work does not keep a node from being emptied.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "gatehouse.selector" $part | nindent 6 }}
{{- end }}
{{- if $values.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels: {{- include "gatehouse.labels" $part | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ $name }} }
  minReplicas: {{ $values.autoscaling.minReplicas }}
  maxReplicas: {{ $values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ $values.autoscaling.targetCPUUtilizationPercentage }} }
  behavior:
    # Streams of clients move to another replica with each one that goes.
    scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: Pods, value: 1, periodSeconds: 60 }] }
{{- end }}
{{- end -}}
