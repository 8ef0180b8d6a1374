/** What `pg` gives for a value of the generated model: bytes come as a Buffer. */
type Stored<Value> = Value extends Uint8Array ? Buffer : Value;

/**
 * Some fields of a generated model, as a statement through `pg` gives them under the model's names.
 * `Known` says more of a text than the model can: the brand of an id, the states of a closed list.
 */
export type RowOf<
  Model,
  Field extends keyof Model,
  Known extends Partial<Record<Field, unknown>> = object,
> = {
  readonly [Name in Field]: Name extends keyof Known ? Known[Name] : Stored<Model[Name]>;
};

/**
 * The columns of some fields of a model, under the model's names: `account_id as "accountId"`. A column is the field in
 * snake case; the specs of the models prove it.
 * @param table its name or alias; left out where the statement has one table
 */
export function columnsOf(fields: readonly string[], table?: string): string {
  const prefix = table === undefined ? '' : `${table}.`;
  return fields
    .map((field) => {
      const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return column === field ? `${prefix}${column}` : `${prefix}${column} as "${field}"`;
    })
    .join(', ');
}
