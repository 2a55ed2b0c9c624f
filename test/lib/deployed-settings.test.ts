import { describe, expect, test } from 'vitest';
import { asArguments, keepDeployed, lossesOf, readDeployed, undecided } from '../../lib/deployed-settings.ts';
import { parseGiven, parseSettings, spellSettings } from '../../lib/settings.ts';
import { COUNCIL_SETTINGS } from '../support/settings.ts';

const DEPLOYED = parseSettings({
  alertEmail: 'director@example.org',
  operationsEmail: 'engineer@example.org',
  smallNumbers: 'suppress',
});
const deployed = readDeployed(JSON.stringify(spellSettings(DEPLOYED)));

describe('a setting that is left out', () => {
  test('keeps the value that is deployed', () => {
    expect(keepDeployed({}, deployed)).toEqual(DEPLOYED);
    expect(keepDeployed({ alertLevel: 'critical' }, deployed)).toEqual({ ...DEPLOYED, alertLevel: 'critical' });
  });

  test('also where it once followed from another: a trial made of a watched stack stays watched', () => {
    expect(keepDeployed({ retain: 'false' }, deployed)).toMatchObject({ retain: false, operations: 'full' });
  });

  test('is withdrawn by saying so', () => {
    expect(keepDeployed({ alertEmail: 'nobody' }, deployed).alertEmail).toBeUndefined();
  });

  test('is asked for where there is nothing yet and only a person knows', () => {
    expect(undecided({ retain: 'false' })).toEqual(['alertEmail', 'operationsEmail']);
    expect(undecided({ alertEmail: 'nobody', operations: 'none' })).toEqual([]);
  });
});

test('what another version deployed is read as far as this one knows it', () => {
  expect(readDeployed('{"alertEmail":"a@example.org","colour":"blue"}')).toEqual({ alertEmail: 'a@example.org' });
});

test('what the CDK is told is what was settled, withdrawn addresses included', () => {
  const settings = keepDeployed({ alertEmail: 'nobody', stack: 'Trial' }, deployed);
  const told = Object.fromEntries(
    asArguments(settings)
      .filter((each) => each !== '-c')
      .map((each) => each.split('=')),
  );
  expect(parseSettings(told)).toEqual(settings);
  expect(told).toMatchObject({ alertEmail: 'nobody', stack: 'Trial', retain: 'true' });
});

describe('what a change takes away is said in words:', () => {
  test.each([
    [{}, []],
    [
      { retain: 'false' },
      [
        'retain: The tables lose their protection: deleting the stack then deletes all that is in them. There are figures in them.',
      ],
    ],
    [{ alertEmail: 'nobody' }, ['alertEmail: director@example.org is no longer mailed about herefordshire.']],
    [{ alertEmail: 'new@example.org' }, ['alertEmail: director@example.org is no longer mailed about herefordshire.']],
    [
      { operationsEmail: 'nobody' },
      ['operationsEmail: engineer@example.org is no longer told when the service fails.'],
    ],
    [
      { alertLevel: 'critical' },
      ['alertLevel: director@example.org is mailed from "critical" on only, no longer from "warning".'],
    ],
    [{ alertLevel: 'watch' }, []],
    [
      { operations: 'basic' },
      ['operations: Most alarms and the dashboard are removed: failures are told within the hour, without their kind.'],
    ],
    [
      { operations: 'none', operationsEmail: 'nobody' },
      [
        'operationsEmail: engineer@example.org is no longer told when the service fails.',
        'operations: All alarms are removed: nobody is told when the service fails.',
      ],
    ],
    [
      { smallNumbers: 'show' },
      ['smallNumbers: E-mails and pages show numbers from 1 to 5 as they are, by which children might be recognised.'],
    ],
  ])('%j', (given, said) => {
    const losses = lossesOf(DEPLOYED, keepDeployed(given, deployed), true);
    expect(losses.map(({ setting, means }) => `${setting}: ${means}`)).toEqual(said);
  });

  test('another authority, once there is one', () => {
    expect(lossesOf(DEPLOYED, { ...DEPLOYED, authority: 'leeds' }, false)).toEqual([
      { setting: 'authority', means: 'director@example.org is no longer mailed about herefordshire, but about leeds.' },
    ]);
  });

  test('and that tables hold figures only where they do', () => {
    const [loss] = lossesOf(DEPLOYED, { ...DEPLOYED, retain: false }, false);
    expect(loss?.means).not.toContain('figures');
  });
});

describe("the council's own sign-in", () => {
  const withCouncil = { ...deployed, ...COUNCIL_SETTINGS };
  const before = parseSettings(withCouncil);

  test('is kept, spelled as it was given, and not spoken of where there is none', () => {
    expect(keepDeployed({}, readDeployed(JSON.stringify(spellSettings(before))))).toEqual(before);
    expect(Object.keys(spellSettings(DEPLOYED)).filter((name) => name.startsWith('oidc'))).toEqual([]);
  });

  test('can be changed in one part, which is looked at by itself before the rest is known', () => {
    const given = { oidcRoles: 'look@*=Everybody' };
    expect(parseGiven(given).oidcRoles).toBe(given.oidcRoles);
    expect(keepDeployed(given, withCouncil)).toEqual({ ...before, ...given });
  });

  test('goes whole with its issuer, which is said', () => {
    const after = keepDeployed({ oidcIssuer: 'none' }, withCouncil);
    expect(after).toEqual(DEPLOYED);
    expect(lossesOf(before, after, false)).toEqual([
      {
        setting: 'oidcIssuer',
        means: 'Whoever signs in by https://login.example.org/council cannot any more, and is signed out.',
      },
    ]);
  });
});
