{{/*
Which paths of which hosts go to which service (docs/reverse-proxy.md): JSON {host: [{path, type, component, port}]}, longer paths first.
*/}}
{{- define "gatehouse.routes" -}}
{{- $read := include "gatehouse.read" . | fromJson -}}
{{- $ports := include "gatehouse.ports" . | fromJson -}}
{{- $public := urlParse $read.publicUrl -}}
{{- $path := trimSuffix "/" $public.path -}}
{{- $proxy := dict "component" "vmcp-proxy" "port" $ports.proxy -}}
{{- $rules := list (merge (dict "path" (printf "/.well-known/oauth-protected-resource%s/mcp" $path)) $proxy) (merge (dict "path" (printf "%s/mcp" $path)) $proxy) -}}
{{- $routes := dict -}}
{{- $publicHost := splitList ":" $public.host | first -}}
{{- if include "gatehouse.hasAuthorizationServer" . -}}
{{- $server := dict "component" "authorization-server" "port" $ports.authorizationServer -}}
{{- $issuer := urlParse (default $read.publicUrl $read.authServer.issuer) -}}
{{- $issuerPath := trimSuffix "/" $issuer.path -}}
{{- $issuerHost := splitList ":" $issuer.host | first -}}
{{- $own := list -}}
{{- if $issuerPath -}}
{{- range $document := list "oauth-authorization-server" "openid-configuration" -}}
{{- $own = append $own (merge (dict "path" (printf "/.well-known/%s%s" $document $issuerPath)) $server) -}}
{{- end -}}
{{- end -}}
{{- $own = append $own (merge (dict "path" (default "/" $issuerPath)) $server) -}}
{{- if eq $issuerHost $publicHost -}}
{{- $rules = concat $rules $own -}}
{{- else -}}
{{- $_ := set $routes $issuerHost (list (merge (dict "path" "/") $server)) -}}
{{- $rules = list (merge (dict "path" "/") $proxy) -}}
{{- end -}}
{{- with $read.authServer.authorizationEndpointBaseUrl -}}
{{- $loginHost := splitList ":" (urlParse .).host | first -}}
{{- if not (has $loginHost (list $publicHost $issuerHost)) -}}
{{- $_ := set $routes $loginHost (list (merge (dict "path" "/") $server)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set $routes $publicHost $rules -}}
{{- toJson $routes -}}
{{- end -}}
