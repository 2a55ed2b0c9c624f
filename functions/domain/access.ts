/** What a token may do. `manage` changes standards, actions, recipients; none includes another. */
export const SCOPES = ['read', 'submit', 'acknowledge', 'manage'] as const;
export type Scope = (typeof SCOPES)[number];
