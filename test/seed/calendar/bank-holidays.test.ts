import { describe, expect, it } from 'vitest';
import { deriveBankHolidays, YEARS } from '../../../seed/calendar/bank-holidays.ts';
import { BANK_HOLIDAYS } from '../../support/build.ts';

describe('the bank holidays in seed/', () => {
  it('are those that the library derives, with what was proclaimed for one year only', () => {
    expect([...BANK_HOLIDAYS]).toEqual(deriveBankHolidays());
  });

  it('are the official days of England and Wales', () => {
    // From https://www.gov.uk/bank-holidays and, for the years before it begins, the proclamations in The London Gazette.
    const official: Record<string, string> = {
      2002: '01-01 03-29 04-01 05-06 06-03 06-04 08-26 12-25 12-26',
      2010: '01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28',
      2011: '01-03 04-22 04-25 04-29 05-02 05-30 08-29 12-26 12-27',
      2012: '01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26',
      2020: '01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28',
      2022: '01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27',
      2023: '01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26',
      2026: '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28',
    };
    for (const [year, days] of Object.entries(official)) {
      const ours = [...BANK_HOLIDAYS].filter((day) => day.startsWith(year)).map((day) => day.slice(5));
      expect(ours.join(' '), year).toBe(days);
    }
  });

  it('cover every year with at least eight days', () => {
    for (let year = YEARS.from; year <= YEARS.to; year++)
      // A New Year's Day on a Saturday or Sunday is made up for in the same year; so eight it is, or more.
      expect(
        [...BANK_HOLIDAYS].filter((day) => day.startsWith(String(year))).length,
        String(year),
      ).toBeGreaterThanOrEqual(8);
  });
});
