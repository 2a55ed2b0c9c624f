import { ATTEMPT_MINUTES, type CouncilFault } from '../services/council.ts';
import { RefusalError, WHO_KEEPS_ACCOUNTS } from './refusals.ts';

const OTHERWISE =
  'Until then you can sign in by a link: on the page to sign in, enter the e-mail address that gets the alerts.';

/** Whose fault it is decides the status: what is wrong with the sign-in itself, and not with who signs in, raises an alarm. */
const REFUSALS: Readonly<Record<CouncilFault, readonly [status: number, title: string, text: string]>> = {
  unreachable: [
    502,
    'Your council’s sign-in does not answer',
    `Nothing is wrong with your account. Try again in a few minutes. ${OTHERWISE}`,
  ],
  misconfigured: [
    502,
    'Your council’s sign-in does not accept this service',
    `Nothing is wrong with your account. Tell whoever runs this service: they have to renew the secret, or set the sign-in right. ${OTHERWISE}`,
  ],
  clock: [
    502,
    'The clocks do not agree',
    `What your council’s sign-in said was over, or not to be used yet, by the clock of this service. Try again; if it stays like this, tell ${WHO_KEEPS_ACCOUNTS}. ${OTHERWISE}`,
  ],
  invalid: [
    502,
    'Your council’s sign-in gave an answer that cannot be trusted',
    `You were not signed in. Try again; if it stays like this, tell whoever runs this service. ${OTHERWISE}`,
  ],
  'sent-back': [
    403,
    'You were not signed in',
    `Your council’s sign-in sent you back without an answer that this service can use. Go back to the overview to try again; if it stays like this, tell ${WHO_KEEPS_ACCOUNTS}. ${OTHERWISE}`,
  ],
  over: [
    403,
    'This sign-in is over',
    `It took longer than ${ATTEMPT_MINUTES} minutes, was used already, or another one was begun in this browser since. Go back to the overview and sign in again.`,
  ],
  denied: [
    403,
    'You were not signed in',
    `Your council’s sign-in did not let you through, or you stopped it. Go back to the overview to try again. If you should be let through, ask ${WHO_KEEPS_ACCOUNTS}.`,
  ],
  'no-role': [
    403,
    'You may not use this service yet',
    `Your council’s sign-in knows you, but gives you no right here. Ask ${WHO_KEEPS_ACCOUNTS} to add you to a group for this service, then sign in again.`,
  ],
  'no-address': [
    403,
    'Your e-mail address is missing',
    `Your council’s sign-in does not say your e-mail address, or not that it is yours. What you do here is recorded under it. Ask ${WHO_KEEPS_ACCOUNTS} to add it.`,
  ],
};

/** What somebody is told whom the council's own sign-in did not sign in. */
export const councilRefusal = (fault: CouncilFault): RefusalError => new RefusalError(...REFUSALS[fault]);
