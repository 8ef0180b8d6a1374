import { expect, test } from '@jest/globals';
import { parse } from 'node-html-parser';
import { fillForm, readForms, type Form } from './form.js';

const formOf = (html: string): Form => {
  const [form] = readForms(parse(html), 'http://localhost:4484/interaction/1');
  if (form === undefined) throw new Error('no form');
  return form;
};

const CONSENT = `<form method="post" action="/consent">
  <input type="hidden" name="csrf" value="a&amp;b">
  <input type="checkbox" name="remember" value="yes" checked>
  <input type="radio" name="account" value="one" checked><input type="radio" name="account" value="two">
  <select name="scope"><option>all</option><option value="some" selected>Some</option></select>
  <textarea name="note">hello</textarea>
  <input name="locked" value="x" disabled>
  <button type="button" name="help">Help</button>
  <button name="decision" value="approve">Approve</button>
  <button name="decision" value="cancel" formaction="/cancel">Cancel</button>
</form>`;

test('an untouched form sends what a browser would: checked boxes, selected options, the first button', () => {
  const { method, url, body } = fillForm(formOf(CONSENT), {});
  expect({ method, url }).toEqual({ method: 'POST', url: 'http://localhost:4484/consent' });
  expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
    csrf: 'a&b',
    remember: 'yes',
    account: 'one',
    scope: 'some',
    note: 'hello',
    decision: 'approve',
  });
});

test('fields are filled by name and the pressed button alone is sent', () => {
  const values = { remember: false, account: 'two', note: 'bye' };
  const { url, body } = fillForm(formOf(CONSENT), values, { name: 'decision', value: 'cancel' });
  expect(url).toBe('http://localhost:4484/cancel');
  expect(body).toBe('csrf=a%26b&account=two&scope=some&note=bye&decision=cancel');
});

test('a button is found by its label as well', () => {
  expect(fillForm(formOf(CONSENT), {}, 'Cancel').body).toContain('decision=cancel');
});

test('a GET form replaces the query of its action', () => {
  const form = formOf('<form action="/find?old=1"><input name="q"><input type="submit" value="Go"></form>');
  expect(fillForm(form, { q: 'a b' })).toEqual({
    method: 'GET',
    url: 'http://localhost:4484/find?q=a+b',
    body: undefined,
  });
});

test.each([
  ['a field that is not there', { missing: 'x' }, undefined, 'no field "missing"'],
  ['an option that is not offered', { account: 'three' }, undefined, 'does not offer "three"'],
  ['ticking what is no box', { note: true }, undefined, 'is not a box'],
  ['a button that is not there', {}, 'Delete', 'no button "Delete"'],
] as const)('what a person could not do is refused: %s', (_case, values, button, message) => {
  expect(() => fillForm(formOf(CONSENT), values, button)).toThrow(message);
});
