/**
 * Where outbound requests to one party may go. When every URL written for that party is on localhost both are true
 * without being written, since that is what was asked for.
 */
export interface EgressRules {
  readonly allowPrivateIps: boolean;
  readonly insecureAllowHttp: boolean;
}
