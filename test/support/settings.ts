/** A council's own sign-in, as a deployment is told of it. */
export const COUNCIL_SETTINGS = {
  oidcIssuer: 'https://login.example.org/council',
  oidcClientId: 'inspection-monitor',
  oidcSecretParameter: '/inspection-monitor/oidc',
  oidcClaim: 'groups',
  oidcRoles: 'manage@herefordshire=Monitor managers; look@*=CN=Readers,OU=Council',
};
