/** Forms from JSON schemas: which fields a kind's settings make, and what is sent for what was typed. */

export interface Choice {
  value: unknown;
  label: string;
}

interface Base {
  name: string;
  title: string;
  hint: string;
  required: boolean;
  initial: unknown;
  /** What the form offers for it: the chosen dataset's files, derivatives of its variables, or jobs. */
  suggest?: 'files' | 'derivatives' | 'jobs';
  /** Values that are offered while one types. */
  examples: string[];
}

/** One setting; `kind` says how it is asked for. */
export type Field = Base &
  (
    | { kind: 'text'; long: boolean }
    | { kind: 'number'; whole: boolean; least?: number; most?: number; step?: number }
    /** A text that is read from a file of one's own. */
    | { kind: 'file'; accept: string }
    | { kind: 'switch' }
    | { kind: 'choice'; choices: Choice[] }
    /** One of the choices, or several. */
    | { kind: 'choices'; choices: Choice[] }
    /** A list of texts; `single` if one may also stand alone. */
    | { kind: 'list'; single: boolean }
    | { kind: 'group'; fields: Field[] }
    /** Whatever has no field of its own is written as JSON. */
    | { kind: 'json' }
  );

type Schema = Record<string, any>;

const SUGGESTED = new Set(['files', 'derivatives', 'jobs']);

const NOTEBOOK = 'application/x-ipynb+json';

/** The fields of an object's schema: those that its `x-order` lists first, then the others as they stand. */
export function fieldsOf(schema: Schema, root: Schema = schema): Field[] {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = new Set<string>((schema.required as string[] | undefined) ?? []);
  const first = ((schema['x-order'] ?? []) as string[]).filter(name => name in properties);
  return [...new Set([...first, ...Object.keys(properties)])].map(name =>
    fieldOf(name, resolved(properties[name], root), required.has(name), root)
  );
}

/** What the form starts with. */
export const initialOf = (fields: Field[]): Record<string, unknown> =>
  Object.fromEntries(fields.map(field => [field.name, field.initial]));

/** What of the values is to be sent: what was left empty is left to the kind's own default. */
export function configOf(
  fields: Field[],
  values: Record<string, unknown>
): { config: Record<string, unknown>; problems: Record<string, string> } {
  const config: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const value = values[field.name];
    try {
      const sent = sentFor(field, value);
      if (sent !== undefined) {
        config[field.name] = sent;
      } else if (field.required) {
        problems[field.name] = `${field.title} is needed.`;
      }
    } catch (error) {
      problems[field.name] = (error as Error).message;
    }
  }
  return { config, problems };
}

function fieldOf(name: string, schema: Schema, required: boolean, root: Schema): Field {
  const options = ((schema.anyOf ?? schema.oneOf ?? [schema]) as Schema[]).map(option =>
    resolved(option, root)
  );
  const kept = options.filter(option => option.type !== 'null');
  const base: Base = {
    name,
    title: String(schema.title ?? readable(name)),
    hint: String(schema.description ?? ''),
    required,
    initial: schema.default ?? null,
    examples: ((schema.examples ?? []) as unknown[]).map(String),
    ...(SUGGESTED.has(schema['x-suggest']) ? { suggest: schema['x-suggest'] } : undefined)
  };
  const lone = kept.length === 1 ? kept[0] : null;
  const texts = kept.filter(option => option.type === 'string' && !option.enum);
  const lists = kept.filter(isTextList);
  if (lists.length === 1 && texts.length + 1 === kept.length) {
    return { ...base, kind: 'list', single: texts.length > 0, initial: listed(base.initial) };
  }
  const choices = choicesOf(kept);
  if (choices) {
    const optional = choices.length > 0 && kept.length < options.length;
    const none = optional ? [{ value: null, label: '—' }] : [];
    const initial = base.initial ?? (optional ? null : choices[0]?.value);
    return { ...base, kind: 'choice', choices: [...none, ...choices], initial };
  }
  const media = schema.contentMediaType ?? lone?.contentMediaType;
  if (lone?.type === 'string' && typeof media === 'string') {
    return { ...base, kind: 'file', accept: media === NOTEBOOK ? '.ipynb' : media, initial: '' };
  }
  if (lone?.type === 'string') {
    const long = lone.format === 'textarea';
    return { ...base, kind: 'text', long, initial: base.initial ?? '' };
  }
  if (lone?.type === 'integer' || lone?.type === 'number') {
    const whole = lone.type === 'integer';
    const initial = base.initial === null ? '' : String(base.initial);
    return { ...base, kind: 'number', whole, ...boundsOf(lone, whole), initial };
  }
  if (lone?.type === 'boolean') {
    return { ...base, kind: 'switch', initial: base.initial ?? false };
  }
  if (lone?.type === 'object' && lone.properties) {
    const fields = fieldsOf(lone, root);
    const given = (base.initial ?? {}) as Record<string, unknown>;
    return { ...base, kind: 'group', fields, initial: { ...initialOf(fields), ...given } };
  }
  const text = base.initial === null ? '' : JSON.stringify(base.initial, null, 2);
  return { ...base, kind: 'json', initial: text };
}

function sentFor(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'text':
    case 'file':
      return String(value ?? '').trim() === '' ? undefined : value;
    case 'number':
      return numberFor(field, String(value ?? '').trim());
    case 'switch':
      return value ?? undefined;
    case 'choice':
      return field.choices.some(choice => choice.value === value)
        ? (value ?? undefined)
        : undefined;
    case 'choices': {
      const chosen = Array.isArray(value) ? value : [];
      const there = field.choices.map(choice => choice.value).filter(each => chosen.includes(each));
      return there.length > 1 ? there : there[0];
    }
    case 'list': {
      const parts = String(value ?? '')
        .split(/[,\n]/)
        .map(part => part.trim())
        .filter(part => part);
      if (parts.length === 0) {
        return undefined;
      }
      return parts.length === 1 && field.single ? parts[0] : parts;
    }
    case 'group': {
      const { config, problems } = configOf(field.fields, value as Record<string, unknown>);
      const problem = Object.values(problems)[0];
      if (problem) {
        throw new Error(problem);
      }
      return config;
    }
    case 'json':
      return jsonFor(field, String(value ?? '').trim());
  }
}

function numberFor(field: Field & { kind: 'number' }, text: string): number | undefined {
  if (text === '') {
    return undefined;
  }
  const value = Number(text);
  if (!Number.isFinite(value)) {
    throw new Error(`${field.title} must be a number, not “${text}”.`);
  }
  if (field.whole && !Number.isInteger(value)) {
    throw new Error(`${field.title} must be a whole number, not ${text}.`);
  }
  if (field.least !== undefined && value < field.least) {
    throw new Error(`${field.title} must be ${field.least} or more, not ${text}.`);
  }
  if (field.most !== undefined && value > field.most) {
    throw new Error(`${field.title} must be ${field.most} or less, not ${text}.`);
  }
  return value;
}

function jsonFor(field: Field, text: string): unknown {
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${field.title} must be JSON, such as {"name": 1} or ["a", "b"].`);
  }
}

function resolved(schema: Schema, root: Schema): Schema {
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#/')) {
    return schema;
  }
  const { $ref, ...own } = schema;
  let found: any = root;
  for (const step of $ref.slice(2).split('/')) {
    found = found?.[step.replace(/~1/g, '/').replace(/~0/g, '~')];
  }
  return { ...(found ?? {}), ...own };
}

function boundsOf(
  schema: Schema,
  whole: boolean
): { least?: number; most?: number; step?: number } {
  const least =
    schema.minimum ??
    (whole && schema.exclusiveMinimum !== undefined ? schema.exclusiveMinimum + 1 : undefined);
  const most =
    schema.maximum ??
    (whole && schema.exclusiveMaximum !== undefined ? schema.exclusiveMaximum - 1 : undefined);
  return { least, most, step: schema.multipleOf };
}

function choicesOf(options: Schema[]): Choice[] | null {
  const found: Choice[] = [];
  for (const option of options) {
    if (Array.isArray(option.enum)) {
      found.push(...option.enum.map((value: unknown) => ({ value, label: String(value) })));
    } else if ('const' in option) {
      found.push({ value: option.const, label: String(option.title ?? option.const) });
    } else {
      return null;
    }
  }
  return found;
}

const isTextList = (schema: Schema): boolean =>
  schema.type === 'array' && schema.items?.type === 'string' && !schema.items.enum;

const listed = (value: unknown): string =>
  value === null ? '' : Array.isArray(value) ? value.join(', ') : String(value);

export function readable(name: string): string {
  const text = name.replace(/_/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
