import type { HTMLElement } from 'node-html-parser';

/** What a person can do with one field: type text, tick a box, or choose among options. */
interface FormField {
  readonly name: string;
  readonly kind: 'text' | 'hidden' | 'password' | 'checkbox' | 'radio' | 'select';
  /** What would be sent if nobody touched the field; `undefined`: nothing (an unticked box). */
  readonly value: string | undefined;
  /** The values that `checkbox`, `radio` and `select` can send; empty for the others. */
  readonly options: readonly string[];
}

/** A submit button; `label` is what a person reads on it. */
export interface FormButton {
  readonly name: string | undefined;
  readonly value: string;
  readonly label: string;
  readonly action: string | undefined;
}

export interface Form {
  readonly id: string | undefined;
  /** Absolute. */
  readonly action: string;
  readonly method: 'GET' | 'POST';
  readonly fields: readonly FormField[];
  readonly buttons: readonly FormButton[];
}

/** `true` and `false` tick and untick a box; a string is typed or chosen. */
export type FieldValues = Readonly<Record<string, string | boolean>>;

/** Which button is pressed: its name, its name and value, or its label. */
export type ButtonChoice = string | { readonly name: string; readonly value: string };

/** What goes over the wire when a form is sent. */
export interface Submission {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** `application/x-www-form-urlencoded`; `undefined` for GET. */
  readonly body: string | undefined;
}

const BUTTON_TYPES = new Set(['submit', 'image', 'button', 'reset']);
const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();
const attribute = (element: HTMLElement, name: string): string => element.getAttribute(name) ?? '';

/** Reads every form of a page, with what each field would send as the page stands. */
export function readForms(root: HTMLElement, baseUrl: string): Form[] {
  return root.querySelectorAll('form').map((form) => ({
    id: form.getAttribute('id'),
    action: new URL(form.getAttribute('action') ?? '', baseUrl).href,
    method: attribute(form, 'method').toLowerCase() === 'post' ? 'POST' : 'GET',
    fields: readFields(form),
    buttons: readButtons(form, baseUrl),
  }));
}

function readFields(form: HTMLElement): FormField[] {
  const fields = new Map<string, FormField>();
  for (const element of form.querySelectorAll('input, select, textarea')) {
    const name = attribute(element, 'name');
    if (name === '' || element.hasAttribute('disabled') || isButton(element)) continue;
    const field = readField(element, name);
    const before = fields.get(name);
    fields.set(name, before === undefined ? field : joined(before, field));
  }
  return [...fields.values()];
}

const isButton = (element: HTMLElement): boolean =>
  element.rawTagName.toLowerCase() === 'input' && BUTTON_TYPES.has(attribute(element, 'type').toLowerCase());

/** Radio buttons of one name are one field; so are boxes that share a name. */
const joined = (before: FormField, next: FormField): FormField => ({
  ...before,
  value: next.value ?? before.value,
  options: [...before.options, ...next.options],
});

function readField(element: HTMLElement, name: string): FormField {
  const tag = element.rawTagName.toLowerCase();
  if (tag === 'textarea') return { name, kind: 'text', value: element.text, options: [] };
  if (tag === 'select') return readSelect(element, name);
  const type = attribute(element, 'type').toLowerCase();
  const value = attribute(element, 'value');
  if (type === 'checkbox' || type === 'radio') {
    const sent = element.hasAttribute('value') ? value : 'on';
    return { name, kind: type, value: element.hasAttribute('checked') ? sent : undefined, options: [sent] };
  }
  return { name, kind: type === 'hidden' || type === 'password' ? type : 'text', value, options: [] };
}

function readSelect(element: HTMLElement, name: string): FormField {
  const options = element.querySelectorAll('option');
  const valueOf = (option: HTMLElement): string => option.getAttribute('value') ?? squeeze(option.text);
  const selected = options.find((option) => option.hasAttribute('selected')) ?? options[0];
  return {
    name,
    kind: 'select',
    value: selected === undefined ? undefined : valueOf(selected),
    options: options.map(valueOf),
  };
}

function readButtons(form: HTMLElement, baseUrl: string): FormButton[] {
  const buttons = form.querySelectorAll('button, input').filter((element) => {
    if (element.hasAttribute('disabled')) return false;
    const type = attribute(element, 'type').toLowerCase();
    const isButtonTag = element.rawTagName.toLowerCase() === 'button';
    return type === 'submit' || type === 'image' || (isButtonTag && type === '');
  });
  return buttons.map((element) => {
    const value = attribute(element, 'value');
    const action = element.getAttribute('formaction');
    return {
      name: element.getAttribute('name'),
      value,
      label: squeeze(element.text) || value,
      action: action === undefined ? undefined : new URL(action, baseUrl).href,
    };
  });
}

/** Finds the button that a choice means. Without a choice: the first one, as the Enter key does. */
export function chooseButton(form: Form, choice?: ButtonChoice): FormButton | undefined {
  if (choice === undefined) return form.buttons[0];
  return form.buttons.find((button) =>
    typeof choice === 'string'
      ? button.name === choice || button.label === choice
      : button.name === choice.name && button.value === choice.value,
  );
}

/**
 * Fills a form and presses a button. A field or a button that the page does not have is an error: a person could not
 * have used it either.
 */
export function fillForm(form: Form, values: FieldValues, choice?: ButtonChoice): Submission {
  for (const name of Object.keys(values)) {
    if (!form.fields.some((field) => field.name === name))
      throw new Error(
        `the form has no field "${name}" (it has ${listed(form.fields.map((field) => field.name))})`,
      );
  }
  const button = chooseButton(form, choice);
  if (choice !== undefined && button === undefined) {
    const wanted = typeof choice === 'string' ? choice : `${choice.name}=${choice.value}`;
    throw new Error(
      `the form has no button "${wanted}" (it has ${listed(form.buttons.map((b) => b.label))})`,
    );
  }
  const pairs = new URLSearchParams();
  for (const field of form.fields) {
    const sent = valueToSend(field, values[field.name]);
    if (sent !== undefined) pairs.append(field.name, sent);
  }
  if (button?.name !== undefined && button.name !== '') pairs.append(button.name, button.value);
  const url = new URL(button?.action ?? form.action);
  if (form.method === 'POST') return { method: 'POST', url: url.href, body: pairs.toString() };
  url.search = pairs.toString();
  return { method: 'GET', url: url.href, body: undefined };
}

function valueToSend(field: FormField, given: string | boolean | undefined): string | undefined {
  if (given === undefined) return field.value;
  if (typeof given === 'boolean') {
    if (field.kind !== 'checkbox') throw new Error(`field "${field.name}" is not a box to tick`);
    return given ? field.options[0] : undefined;
  }
  if (field.options.length > 0 && !field.options.includes(given))
    throw new Error(`field "${field.name}" does not offer "${given}" (it offers ${listed(field.options)})`);
  return given;
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
