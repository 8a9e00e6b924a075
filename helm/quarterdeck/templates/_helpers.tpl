{{- define "quarterdeck.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- /* Objects without a namespace: two releases of one name in two namespaces must not share them. */ -}}
{{- define "quarterdeck.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "quarterdeck.name" .) -}}
{{- end }}

{{- define "quarterdeck.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "quarterdeck.labels" -}}
{{ include "quarterdeck.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "quarterdeck.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "quarterdeck.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "quarterdeck.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end }}

{{- /* "true" when the chart's own cluster is looked at: only then is there a token and a ClusterRole. */ -}}
{{- define "quarterdeck.inCluster" -}}
{{- range .Values.settings.clusters -}}{{- if .in_cluster -}}true{{- end -}}{{- end -}}
{{- end }}

{{- /* "true" when Slack sends signed requests to the pod, "" with Socket Mode. */ -}}
{{- define "quarterdeck.overHttp" -}}
{{- if eq "http" (dig "mode" "socket" (default dict .Values.settings.slack)) -}}true{{- end -}}
{{- end }}

{{- /* The settings file: the operator's part, and what the chart knows better. */ -}}
{{- define "quarterdeck.settings" -}}
{{- $settings := deepCopy .Values.settings -}}
{{- if not $settings.frameworks }}{{ $settings = omit $settings "frameworks" }}{{ end -}}
{{- $_ := set $settings "data_dir" "/var/lib/quarterdeck" -}}
{{- $_ := set $settings "http" (dict "host" .Values.listenAddress "port" 8080) -}}
{{- if .Values.slack.existingSecret -}}
{{- $way := ternary "signing_secret_file" "app_token_file" (eq "true" (include "quarterdeck.overHttp" .)) -}}
{{- $files := dict "bot_token_file" "/etc/quarterdeck/slack/bot-token" $way (printf "/etc/quarterdeck/slack/%s" (ternary "signing-secret" "app-token" (eq $way "signing_secret_file"))) -}}
{{- $_ := set $settings "slack" (merge $files (default dict $settings.slack)) -}}
{{- end -}}
{{- if .Values.database.existingSecret -}}
{{- $_ := set $settings "database_url_file" "/etc/quarterdeck/database/url" -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end }}
