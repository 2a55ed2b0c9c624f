import { RecipientBodySchema } from '../http/bodies.ts';
import type { RefusedRecipient } from '../pages/recipients.ts';
import { refusalFor } from '../pages/refusals.ts';
import { type PageAnswer, page, redirect } from '../pages/respond.ts';
import type { PageRequest } from '../pages/serve.ts';
import { requireInspection } from '../services/inspections.ts';
import { readRole, setRole } from '../services/sign-in.ts';
import type { Recipients } from '../services/subscriptions.ts';
import type { DashboardDependencies } from './dependencies.ts';

/** Who is mailed, and what they may do. */

async function recipientsOf({ database, sns, topicArn }: DashboardDependencies): Promise<Recipients> {
  return { database, sns: await sns(), topicArn };
}

export async function getRecipients(
  { parameters: { authority = '' }, visit }: PageRequest,
  dependencies: DashboardDependencies,
  refused?: RefusedRecipient,
  tested?: string,
): Promise<PageAnswer> {
  const { header } = await requireInspection(dependencies.database, authority);
  const [{ recipientsPage }, { listRecipients }] = await Promise.all([
    import('../pages/recipients.ts'),
    import('../services/recipients.ts'),
  ]);
  const mailed = await listRecipients(await recipientsOf(dependencies), authority, dependencies.now());
  const recipients = await Promise.all(
    mailed.map(async (each) => ({ ...each, ...(await readRole(dependencies.database, each.id, authority)) })),
  );
  return page(recipientsPage(visit, header, recipients, { refused, tested }), refused ? 422 : 200);
}

export async function postRecipient(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '' } = request.parameters;
  await requireInspection(dependencies.database, authority);
  const { address = '', level = '', role = '' } = request.form;
  const wanted = RecipientBodySchema.safeParse({ address: address.trim(), level, role: role || undefined });
  if (!wanted.success)
    return getRecipients(request, dependencies, {
      address,
      level,
      role,
      fault: 'Enter an e-mail address, and choose a level and what it may do',
    });
  const { addRecipient } = await import('../services/recipients.ts');
  try {
    const now = dependencies.now();
    const { created, recipient } = await addRecipient(await recipientsOf(dependencies), authority, wanted.data, now);
    await setRole(dependencies.database, recipient.id, authority, wanted.data.role ?? (created ? 'look' : undefined), {
      by: request.by,
      now,
    });
  } catch (error) {
    const refusal = refusalFor(error);
    if (!refusal) throw error;
    return getRecipients(request, dependencies, { address, level, role, fault: refusal.message });
  }
  return redirect(`/authorities/${authority}/recipients`);
}

export async function postRemoval(
  { parameters: { authority = '', recipient = '' }, visit, form, by }: PageRequest,
  dependencies: DashboardDependencies,
): Promise<PageAnswer> {
  const { header } = await requireInspection(dependencies.database, authority);
  const [recipients, { listRecipients, removeRecipient }, { lastRemovalPage }] = await Promise.all([
    recipientsOf(dependencies),
    import('../services/recipients.ts'),
    import('../pages/recipients.ts'),
  ]);
  if (form.last !== 'yes') {
    const mailed = await listRecipients(recipients, authority, dependencies.now());
    const others = mailed.filter(({ id, arn }) => arn && id !== recipient);
    if (others.length === 0 && mailed.some(({ id, arn }) => arn && id === recipient))
      return page(lastRemovalPage(visit, header, recipient), 409);
  }
  await removeRecipient(recipients, authority, recipient, dependencies.now());
  await setRole(dependencies.database, recipient, authority, 'look', { by, now: dependencies.now() });
  return redirect(`/authorities/${authority}/recipients`);
}

export async function postTest(request: PageRequest, dependencies: DashboardDependencies): Promise<PageAnswer> {
  const { authority = '', recipient = '' } = request.parameters;
  await requireInspection(dependencies.database, authority);
  const { headers } = request.event;
  const { sendTest } = await import('../services/direct-mail.ts');
  const recipients = { ...(await recipientsOf(dependencies)), database: dependencies.database };
  const pageUrl = `${headers['x-forwarded-proto']}://${headers.host}`;
  await sendTest(recipients, authority, recipient, pageUrl, dependencies.now());
  return getRecipients(request, dependencies, undefined, recipient);
}
