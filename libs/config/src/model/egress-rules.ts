/**
 * Where outbound requests to one party may go. Both are true by themselves when every URL of that party is on
 * localhost.
 */
export interface EgressRules {
  readonly allowPrivateIps: boolean;
  readonly insecureAllowHttp: boolean;
}
