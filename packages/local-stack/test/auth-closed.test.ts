import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const PASSWORD = 'correct horse battery';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture({ signupEnabled: false });
});
afterAll(() => auth.stop());

test('a project that is closed takes no sign-up, but its users can sign in', async () => {
  const email = newEmail();
  const { error } = await auth.client().auth.signUp({ email, password: PASSWORD });
  expect(error).toMatchObject({ status: 422, code: 'signup_disabled' });
  await auth.admin().auth.admin.createUser({ email, password: PASSWORD, email_confirm: true });
  expect((await auth.client().auth.signInWithPassword({ email, password: PASSWORD })).error).toBeNull();
});
