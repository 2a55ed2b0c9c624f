import { LevelSchema } from '../functions/domain/lifecycle.ts';
import {
  NO_ISSUER,
  OIDC,
  OPERATIONS_LEVELS,
  parseSettings,
  type Settings,
  SettingsSchema,
  spellSettings,
} from './settings.ts';

/** What a deployment makes of the settings that are already deployed. */

type Context = Readonly<Record<string, unknown>>;

/** The settings that a deployed stack says it has, as its output `Settings` spells them. One that this version does not know is left out. */
export function readDeployed(output: string): Record<string, unknown> {
  const stored = JSON.parse(output) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(stored).filter(([name]) => Object.hasOwn(SettingsSchema.shape, name)));
}

/** What is given, and for the rest what is deployed. Throws `SettingsError`. */
export function keepDeployed(given: Context, deployed: Context): Settings {
  // With the council's sign-in goes what belongs to it.
  const isKept = (name: string) => given.oidcIssuer !== NO_ISSUER || !OIDC.some((each) => each === name);
  const kept = Object.entries(deployed).filter(([name]) => isKept(name));
  return parseSettings({ ...Object.fromEntries(kept), ...given });
}

/** Whom only a person can name; of a new stack they are asked for. */
export const ASKED_FOR = {
  alertEmail: 'Who hears of alerts from the first day? An e-mail address, or nobody',
  operationsEmail: 'Who hears when the service itself fails? An e-mail address, or nobody',
} as const satisfies Partial<Record<keyof Settings, string>>;

/** The settings that whoever deploys a new stack has to decide and has not. */
export function undecided(given: Context): (keyof typeof ASKED_FOR)[] {
  const names = Object.keys(ASKED_FOR) as (keyof typeof ASKED_FOR)[];
  return names.filter(
    (name) => given[name] === undefined && !(name === 'operationsEmail' && given.operations === 'none'),
  );
}

/** Something that people have and would not have any more. */
export interface Loss {
  /** The setting that takes it away: what `-c confirm=` has to name. */
  readonly setting: keyof Settings;
  /** A sentence. */
  readonly means: string;
}

/** What a change of settings takes away from somebody. `holdsFigures`: whether figures were ever submitted to the stack. */
export function lossesOf(before: Settings, after: Settings, holdsFigures: boolean): Loss[] {
  const losses: (Loss | false)[] = [
    before.retain &&
      !after.retain && {
        setting: 'retain',
        means: `The tables lose their protection: deleting the stack then deletes all that is in them.${
          holdsFigures ? ' There are figures in them.' : ''
        }`,
      },
    before.alertEmail !== undefined &&
      before.alertEmail !== after.alertEmail && {
        setting: 'alertEmail',
        means: `${before.alertEmail} is no longer mailed about ${before.authority}.`,
      },
    before.operationsEmail !== undefined &&
      before.operationsEmail !== after.operationsEmail && {
        setting: 'operationsEmail',
        means: `${before.operationsEmail} is no longer told when the service fails.`,
      },
    before.alertEmail !== undefined &&
      before.alertEmail === after.alertEmail &&
      before.authority !== after.authority && {
        setting: 'authority',
        means: `${before.alertEmail} is no longer mailed about ${before.authority}, but about ${after.authority}.`,
      },
    before.alertEmail !== undefined &&
      before.alertEmail === after.alertEmail &&
      rank(LevelSchema.options, after.alertLevel) > rank(LevelSchema.options, before.alertLevel) && {
        setting: 'alertLevel',
        means: `${before.alertEmail} is mailed from "${after.alertLevel}" on only, no longer from "${before.alertLevel}".`,
      },
    before.oidcIssuer !== undefined &&
      before.oidcIssuer !== after.oidcIssuer && {
        setting: 'oidcIssuer',
        means: `Whoever signs in by ${before.oidcIssuer} cannot any more, and is signed out.`,
      },
    rank(OPERATIONS_LEVELS, after.operations) > rank(OPERATIONS_LEVELS, before.operations) && {
      setting: 'operations',
      means:
        after.operations === 'none'
          ? 'All alarms are removed: nobody is told when the service fails.'
          : 'Most alarms and the dashboard are removed: failures are told within the hour, without their kind.',
    },
    before.smallNumbers === 'suppress' &&
      after.smallNumbers === 'show' && {
        setting: 'smallNumbers',
        means: 'E-mails and pages show numbers from 1 to 5 as they are, by which children might be recognised.',
      },
  ];
  return losses.filter((loss): loss is Loss => loss !== false);
}

const rank = (options: readonly string[], chosen: string): number => options.indexOf(chosen);

/** As CDK's command line takes them: `-c name=value` for each. */
export const asArguments = (settings: Settings): string[] =>
  Object.entries(spellSettings(settings)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
