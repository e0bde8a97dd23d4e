{{- define "jobledger.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "jobledger.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "jobledger.labels" -}}
{{ include "jobledger.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "jobledger.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "jobledger.securityContext" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
{{- end }}

{{- define "jobledger.environment" -}}
{{- if eq .Values.ledger "postgresql" }}
- name: JOBLEDGER_LEDGER
  value: {{ .Values.postgresql.url | quote }}
- name: JOBLEDGER_LEDGER_USER
  value: {{ .Values.postgresql.user | quote }}
- name: JOBLEDGER_LEDGER_PASSWORD_FILE
  value: /run/secrets/database/password
{{- end }}
{{- end }}

{{- define "jobledger.mounts" -}}
- {name: data, mountPath: /var/lib/jobledger}
- {name: tmp, mountPath: /tmp}
- {name: settings, mountPath: /etc/jobledger, readOnly: true}
{{- if eq .Values.ledger "postgresql" }}
- {name: database, mountPath: /run/secrets/database, readOnly: true}
{{- end }}
{{- end }}

{{- define "jobledger.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
  scheme: {{ if .tls }}HTTPS{{ else }}HTTP{{ end }}
timeoutSeconds: 5
{{- end }}

{{- define "jobledger.pod" -}}
metadata:
  labels:
    {{- include "jobledger.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # Settings are read when it starts.
    checksum/settings: {{ toJson .Values.settings | sha256sum }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  automountServiceAccountToken: {{ if .Values.serviceAccount.name }}true{{ else }}false{{ end }}
  {{- with .Values.serviceAccount.name }}
  serviceAccountName: {{ . }}
  {{- end }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: 60
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    # Only once: later it would let the group write files that the ingester keeps for itself.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  initContainers:
    {{- range .Values.tokens }}
    - name: token-{{ .name }}
      image: {{ include "jobledger.image" $ }}
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      args: [token, create, --name, {{ .name }}, --scope, {{ .scope | quote }}, --from-file, /run/secrets/token/token]
      {{- with include "jobledger.environment" $ }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- include "jobledger.securityContext" $ | nindent 8 }}
      resources:
        {{- toYaml $.Values.resources | nindent 8 }}
      volumeMounts:
        {{- include "jobledger.mounts" $ | nindent 8 }}
        - {name: token-{{ .name }}, mountPath: /run/secrets/token, readOnly: true}
    {{- end }}
  containers:
    - name: ingester
      image: {{ include "jobledger.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        {{- with include "jobledger.environment" . }}{{ . | nindent 8 }}{{ end }}
        {{- if .Values.tls.secret }}
        - name: JOBLEDGER_TLS_CERT
          value: /run/secrets/tls/tls.crt
        - name: JOBLEDGER_TLS_KEY
          value: /run/secrets/tls/tls.key
        {{- else }}
        - name: JOBLEDGER_ALLOW_PLAIN_HTTP_NETWORK
          value: "true"
        {{- end }}
      ports:
        - {name: http, containerPort: 8740}
      # A first start after an upgrade may compute records anew.
      startupProbe:
        {{- include "jobledger.probe" (dict "path" "/healthz" "tls" .Values.tls.secret) | nindent 8 }}
        periodSeconds: 5
        failureThreshold: 120
      readinessProbe:
        {{- include "jobledger.probe" (dict "path" "/readyz" "tls" .Values.tls.secret) | nindent 8 }}
        periodSeconds: 10
      livenessProbe:
        {{- include "jobledger.probe" (dict "path" "/healthz" "tls" .Values.tls.secret) | nindent 8 }}
        periodSeconds: 20
        failureThreshold: 6
      securityContext:
        {{- include "jobledger.securityContext" . | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- include "jobledger.mounts" . | nindent 8 }}
        {{- if .Values.tls.secret }}
        - {name: tls, mountPath: /run/secrets/tls, readOnly: true}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    - name: settings
      configMap:
        name: {{ include "jobledger.name" . }}
    {{- if .Values.tls.secret }}
    - name: tls
      secret:
        secretName: {{ .Values.tls.secret }}
        defaultMode: 0440
    {{- end }}
    {{- range .Values.tokens }}
    - name: token-{{ .name }}
      secret:
        secretName: {{ .secret }}
        defaultMode: 0440
        items:
          - {key: {{ .key | quote }}, path: token}
    {{- end }}
    {{- if eq .Values.ledger "postgresql" }}
    - name: data
      emptyDir: {}
    - name: database
      secret:
        secretName: {{ .Values.postgresql.secret }}
        defaultMode: 0440
        items:
          - {key: {{ .Values.postgresql.key | quote }}, path: password}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
