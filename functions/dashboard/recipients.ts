import { RecipientBodySchema } from '../http/bodies.ts';
import type { RefusedRecipient } from '../pages/recipients.ts';
import { refusalFor } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { logUnreadable } from '../runtime/logging.ts';
import { requireInspection } from '../services/inspections.ts';
import type { AuthorityPeople } from '../services/people.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** Who is mailed, and what they may do. */

async function peopleOf({ database, sns, topicArn }: DashboardDependencies): Promise<AuthorityPeople> {
  return { database, sns: await sns(), topicArn };
}

export async function getRecipients(
  { parameters: { authority = '' }, visit }: PageRequest,
  dependencies: DashboardDependencies,
  refused?: RefusedRecipient,
  tested?: string,
): Promise<PageAnswer> {
  const { header } = await requireInspection(dependencies.database, authority);
  const [{ recipientsPage }, { listPeople }] = await Promise.all([
    import('../pages/recipients.ts'),
    import('../services/people.ts'),
  ]);
  const { people, unreadable } = await listPeople(await peopleOf(dependencies), authority, dependencies.now());
  logUnreadable(dependencies.logger, unreadable);
  const answering = visit.session?.scopes.includes('manage') ? await answeringIn(authority, dependencies) : undefined;
  return page(recipientsPage(visit, header, people, { refused, tested, unreadable, answering }), refused ? 422 : 200);
}

/** Whether somebody who may no longer manage has left tokens that work. */
async function answeringIn(authority: string, { database, now, council }: DashboardDependencies) {
  const { answeringFor, listTokensOf } = await import('../services/tokens.ts');
  const { tokens } = await listTokensOf(database, authority, now());
  return answeringFor(database, authority, tokens, council !== undefined);
}

export async function postRecipient(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '' } = request.parameters;
  await requireInspection(dependencies.database, authority);
  const { address = '', level = '', role = '', summary = '' } = request.form;
  const wanted = RecipientBodySchema.safeParse({
    ...{ address: address.trim(), level },
    role: role || undefined,
    summary: summary === '' ? undefined : summary === 'yes',
  });
  if (!wanted.success)
    return getRecipients(request, dependencies, {
      address,
      level,
      role,
      summary,
      fault: 'Enter an e-mail address, and choose a level and what it may do',
    });
  const { addPerson } = await import('../services/people.ts');
  try {
    const doing = { by: request.by, now: dependencies.now() };
    await addPerson(await peopleOf(dependencies), authority, wanted.data, doing);
  } catch (error) {
    const refusal = refusalFor(error);
    if (!refusal) throw error;
    return getRecipients(request, dependencies, { address, level, role, summary, fault: refusal.message });
  }
  return redirect(`/authorities/${authority}/recipients`);
}

export async function postRemoval(
  { parameters: { authority = '', recipient = '' }, visit, form, by }: PageRequest,
  dependencies: DashboardDependencies,
): Promise<PageAnswer> {
  const { header } = await requireInspection(dependencies.database, authority);
  const [people, { listPeople, removePerson }, { lastRemovalPage }] = await Promise.all([
    peopleOf(dependencies),
    import('../services/people.ts'),
    import('../pages/recipients.ts'),
  ]);
  if (form.last !== 'yes') {
    const { people: listed } = await listPeople(people, authority, dependencies.now());
    const confirmed = listed.filter(({ arn }) => arn);
    if (confirmed.length === 1 && confirmed[0]?.id === recipient)
      return page(lastRemovalPage(visit, header, recipient), 409);
  }
  await removePerson(people, authority, recipient, { by, now: dependencies.now() });
  return redirect(`/authorities/${authority}/recipients`);
}

export async function postTest(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '', recipient = '' } = request.parameters;
  await requireInspection(dependencies.database, authority);
  const { headers } = request.event;
  const { sendTest } = await import('../services/direct-mail.ts');
  const pageUrl = `${headers['x-forwarded-proto']}://${headers.host}`;
  await sendTest(await peopleOf(dependencies), authority, recipient, pageUrl, dependencies.now());
  return getRecipients(request, dependencies, undefined, recipient);
}
