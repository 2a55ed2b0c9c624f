import { describe, expect, test } from 'vitest';
import { authorize, isExpired } from '../../functions/domain/access.ts';

describe('a grant', () => {
  const grant = { scopes: ['read' as const], authority: 'herefordshire', label: '', expires: 1_318_636_800 };

  test('allows its scopes for its authority, and for none in particular', () => {
    expect(() => authorize(grant, 'read', 'herefordshire')).not.toThrow();
    expect(() => authorize(grant, 'read', undefined)).not.toThrow();
    expect(() => authorize({ ...grant, authority: '*' }, 'read', 'elsewhere')).not.toThrow();
  });

  test('is asked for the authority before the scope', () => {
    expect(() => authorize(grant, 'manage', 'elsewhere')).toThrow('another authority');
    expect(() => authorize(grant, 'manage', 'herefordshire')).toThrow('the scope "manage"');
  });

  test('ends with its last second', () => {
    expect(isExpired(grant, new Date('2011-10-14T23:59:59.999Z'))).toBe(false);
    expect(isExpired(grant, new Date('2011-10-15T00:00:00.000Z'))).toBe(true);
  });
});
