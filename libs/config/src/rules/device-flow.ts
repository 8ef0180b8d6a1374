import type { Finding } from '../findings/problems.js';
import type { Rule } from './rule.js';

/** Sign-ins by a code are for clients that may, and no profile forbids them. */
export const deviceFlow: Rule = ({ authServer }) => {
  if (authServer === undefined) return [];
  const { clientRegistration, requestProtection } = authServer;
  const findings: Finding[] = [];
  if (authServer.deviceFlow === undefined) {
    clientRegistration.clients.forEach((client, index) => {
      if (client.deviceFlow === true)
        findings.push({
          path: ['authServer', 'clientRegistration', 'clients', index, 'deviceFlow'],
          related: [['authServer', 'deviceFlow']],
          message: 'Without authServer.deviceFlow nobody can sign in by a code.',
          instead: 'authServer: { deviceFlow: {} }',
        });
    });
  } else if (requestProtection.securityProfile === 'fapi2')
    findings.push({
      path: ['authServer', 'deviceFlow'],
      related: [['authServer', 'securityProfile']],
      message:
        'The FAPI 2.0 Security Profile knows no sign-in by a code: nothing binds it to the browser of the person.',
    });
  return findings;
};
